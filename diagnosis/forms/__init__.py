"""Forms of the pages: who, what for, and the doctor's word. They check shape; services decide."""

from diagnosis.forms.corrections import PatientEditForm, StudyEditForm
from diagnosis.forms.fields import LocalTimeField
from diagnosis.forms.patient import PatientForm
from diagnosis.forms.review import ReviewForm
from diagnosis.forms.study import NewStudyForm, StudyForm

__all__ = [
    "LocalTimeField",
    "NewStudyForm",
    "PatientEditForm",
    "PatientForm",
    "ReviewForm",
    "StudyEditForm",
    "StudyForm",
]

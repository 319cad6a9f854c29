"""The pages' forms. They check the input's format; services decide."""

from diagnosis.forms.corrections import PatientEditForm, StudyEditForm
from diagnosis.forms.fields import LocalTimeField
from diagnosis.forms.letterhead import LetterheadForm
from diagnosis.forms.patient import PatientForm
from diagnosis.forms.reason import JoinForm, MergeForm, OverrideForm, ReasonForm
from diagnosis.forms.review import ReviewForm
from diagnosis.forms.signing import SignForm
from diagnosis.forms.study import NewStudyForm, StudyForm
from diagnosis.forms.window import WindowForm

__all__ = [
    "JoinForm",
    "LetterheadForm",
    "LocalTimeField",
    "MergeForm",
    "NewStudyForm",
    "OverrideForm",
    "PatientEditForm",
    "PatientForm",
    "ReasonForm",
    "ReviewForm",
    "SignForm",
    "StudyEditForm",
    "StudyForm",
    "WindowForm",
]

"""The pages' forms. They check the input's format; services decide."""

from diagnosis.forms.batch import BatchFilmForm
from diagnosis.forms.corrections import PatientEditForm, StudyEditForm
from diagnosis.forms.critical import AcknowledgeForm
from diagnosis.forms.fields import LocalTimeField
from diagnosis.forms.first_read import FirstWordForm
from diagnosis.forms.letterhead import LetterheadForm
from diagnosis.forms.notices import NoticeChoicesForm
from diagnosis.forms.outcome import OutcomeForm
from diagnosis.forms.patient import PatientForm
from diagnosis.forms.reading_agreement import ReadingAgreementForm
from diagnosis.forms.reading_rules import ReadingRulesForm
from diagnosis.forms.reason import JoinForm, MergeForm, OverrideForm, ReasonForm
from diagnosis.forms.review import ReviewForm
from diagnosis.forms.second_reader import SecondReaderForm
from diagnosis.forms.signing import SignForm
from diagnosis.forms.study import NewStudyForm, StudyForm
from diagnosis.forms.webhook import WebhookForm, WebhookKindsForm
from diagnosis.forms.window import WindowForm

__all__ = [
    "AcknowledgeForm",
    "BatchFilmForm",
    "FirstWordForm",
    "JoinForm",
    "LetterheadForm",
    "LocalTimeField",
    "MergeForm",
    "NewStudyForm",
    "NoticeChoicesForm",
    "OutcomeForm",
    "OverrideForm",
    "PatientEditForm",
    "PatientForm",
    "ReadingAgreementForm",
    "ReadingRulesForm",
    "ReasonForm",
    "ReviewForm",
    "SecondReaderForm",
    "SignForm",
    "StudyEditForm",
    "StudyForm",
    "WebhookForm",
    "WebhookKindsForm",
    "WindowForm",
]

"""Forms that correct a patient's record or a study."""

from typing import Any

from django import forms
from django.utils import timezone

from diagnosis.forms.patient import PATIENT_FIELDS, PatientForm
from diagnosis.forms.study import STUDY_FIELDS, StudyForm
from diagnosis.models import Patient, Study


class Corrections(forms.Form):
    """A form that remembers the values its page showed, so that only edited fields are changed.

    A colleague may have corrected another field since the page was opened.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def changed_facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name in self.changed_data}


class PatientEditForm(Corrections, PatientForm):
    """Corrections to a patient's record."""

    @classmethod
    def of(cls, patient: Patient, data: Any = None) -> "PatientEditForm":
        return cls(data, initial={name: getattr(patient, name) for name in PATIENT_FIELDS})


class StudyEditForm(Corrections, StudyForm):
    """Corrections to a study's facts."""

    @classmethod
    def of(cls, study: Study, data: Any = None) -> "StudyEditForm":
        facts = {name: getattr(study, name) for name in STUDY_FIELDS}
        facts["taken_at"] = timezone.localtime(study.taken_at).replace(second=0, microsecond=0)
        return cls(data, initial=facts)

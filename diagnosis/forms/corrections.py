"""Forms that correct a patient's record or a study."""

import contextlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateformat import format as date_format

from accounts.corrections import changed_meanwhile
from diagnosis import births
from diagnosis.forms.fields import BirthField
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

    def shown_facts(self) -> dict[str, Any]:
        """What the page showed in the fields that were edited."""
        shown = {}
        for name in self.changed_data:
            field, place = self.fields[name], self.add_initial_prefix(name)
            if place in self.data:
                with contextlib.suppress(ValidationError):
                    shown[name] = field.to_python(self.data[place])
        return shown

    def reshown(self, newer: Mapping[str, Any], subject: str) -> None:
        """Say which values are newer than those that the page showed, and show those from now on."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict or a dict
        for name, value in newer.items():
            data[self.add_initial_prefix(name)] = self._as_shown(name, value)
            self.add_error(name, changed_meanwhile(subject, name, self._in_words(name, value)))
        self.data = data

    def _as_shown(self, name: str, value: Any) -> str:
        value = self.fields[name].prepare_value(value)
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%dT%H:%M")
        return "" if value is None else str(value)

    def _in_words(self, name: str, value: Any) -> str:
        if isinstance(value, datetime):
            return date_format(timezone.localtime(value), "j M Y, H:i")
        if isinstance(value, date):
            return date_format(value, "j M Y")
        if isinstance(self.fields[name], BirthField):
            return births.in_words(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(dict(getattr(self.fields[name], "choices", ())).get(value, value or ""))

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

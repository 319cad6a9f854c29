"""The forms of a study."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from diagnosis import spelling
from diagnosis.forms.fields import LocalTimeField, PlausibleDates, SpeltField, day_field
from diagnosis.forms.patient import PatientForm
from diagnosis.models import Patient, PcrResult

STUDY_FIELDS = (
    "taken_at",
    "reason",
    "symptoms",
    "symptoms_onset",
    "pcr_result",
    "accession_number",
    "urgent",
)


class StudyForm(PlausibleDates):
    """The facts of a study."""

    taken_at = LocalTimeField(
        label="Taken",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = SpeltField(label="Reason for the examination", max_length=500, required=False, lines=True)
    symptoms = SpeltField(label="Symptoms", max_length=500, required=False, lines=True)
    symptoms_onset = day_field("Symptoms since")
    pcr_result = forms.ChoiceField(label="PCR result", choices=PcrResult.choices, initial=PcrResult.UNKNOWN)
    accession_number = SpeltField(label="Accession number", max_length=64, required=False)
    urgent = forms.BooleanField(label="Urgent: a doctor should look at once", required=False)

    def study_facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in STUDY_FIELDS}


class NewStudyForm(PatientForm, StudyForm):
    """Patient and study in one form; the films are sent separately, each with its own outcome."""

    entry = forms.UUIDField(widget=forms.HiddenInput)
    other_person = forms.BooleanField(label="It is another person", required=False)
    # the clinic for which the form was opened: a person of several may have switched since
    opened_in = forms.UUIDField(widget=forms.HiddenInput, required=False)
    # for which number, and beside whom, that box was shown
    other_than = forms.CharField(widget=forms.HiddenInput, required=False)
    without_film = forms.BooleanField(label="No film yet: enter the study without one", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_films: bool | None = None
        self.fields["taken_at"].initial = lambda: timezone.localtime().replace(second=0, microsecond=0)

    def is_other_than(self, alike: Sequence[Patient]) -> bool:
        """Whether somebody said so of this number, and each of these patients had been shown to them."""
        shown, _, number = self.cleaned_data["other_than"].partition(":")
        known = {patient.public_id.hex for patient in alike} <= set(shown.split(","))
        return bool(self.cleaned_data["other_person"]) and known and number == self._number()

    def ask_about(self, alike: Sequence[Patient], question: str) -> None:
        """Show these patients beside the box, not ticked: an earlier tick was about others."""
        shown = ",".join(patient.public_id.hex for patient in alike)
        sent: Any = self.data  # a QueryDict, which nobody may change
        asked = sent.copy()
        asked.pop("other_person", None)
        asked["other_than"] = f"{shown}:{self._number()}"
        self.data = asked
        self.add_error("other_person", question)

    def _number(self) -> str:
        return spelling.key(self.cleaned_data["number"])

    def clean_without_film(self) -> bool:
        """A study that nobody meant to enter without a film would wait for ever."""
        meant = bool(self.cleaned_data["without_film"])
        if self.has_films is False and not meant:
            raise ValidationError("No film was chosen. Choose it above, or tick this box.")
        return meant

"""The forms of a study."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from diagnosis.forms.fields import LocalTimeField, PlausibleDates, SpeltField, day_field
from diagnosis.forms.patient import PatientForm
from diagnosis.models import PcrResult

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
    without_film = forms.BooleanField(label="No film yet: enter the study without one", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_films: bool | None = None
        self.fields["taken_at"].initial = lambda: timezone.localtime().replace(second=0, microsecond=0)

    def clean_without_film(self) -> bool:
        """A study that nobody meant to enter without a film would wait for ever."""
        meant = bool(self.cleaned_data["without_film"])
        if self.has_films is False and not meant:
            raise ValidationError("No film was chosen. Choose it above, or tick this box.")
        return meant

"""Forms of the pages: who, what for, and the doctor's word. They check shape; services decide."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from diagnosis.models import Decision, Finding, Patient, PcrResult, Prediction, Sex, Study
from diagnosis.services.patients import implausible

PATIENT_FIELDS = ("number", "first_name", "last_name", "birth_date", "sex")
STUDY_FIELDS = (
    "taken_at",
    "reason",
    "symptoms",
    "symptoms_onset",
    "pcr_result",
    "accession_number",
    "urgent",
)


def _day(label: str, *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget)


class LocalTimeField(forms.DateTimeField):
    """A time on the clinic's clock, in the nights of the clock change too: nobody waits for morning.

    An hour that the clock shows twice is its latest reading that does not lie in the future; a time that the
    clock jumps over is moved forward by the jump.
    """

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            read = _across_clock_change((error.params or {})["datetime"])
            if read is None:  # a time at the end of the calendar
                raise
            return read


def _across_clock_change(shown: datetime) -> datetime | None:
    """The moment in UTC, where times with the same clock reading are never mistaken for each other."""
    zone = timezone.get_current_timezone()
    try:
        first, second = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return None
    # In the hour that is jumped over, the first reading goes on counting by the old time: forward.
    return second if first < second <= timezone.now() else first


class PlausibleDates(forms.Form):
    """Shows a date that cannot be beside its field."""

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        for name, problem in implausible(facts).items():
            self.add_error(name, problem)
        return facts


class PatientForm(PlausibleDates):
    """Who the patient is."""

    number = forms.CharField(
        label="Patient number", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    first_name = forms.CharField(
        label="First name",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    last_name = forms.CharField(
        label="Last name",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    birth_date = _day("Birth date")
    sex = forms.ChoiceField(label="Sex", choices=Sex.choices, initial=Sex.UNKNOWN)

    def patient_facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in PATIENT_FIELDS}


class StudyForm(PlausibleDates):
    """What was asked and what is known about it."""

    taken_at = LocalTimeField(
        label="Taken",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(label="Reason for the examination", max_length=500, required=False)
    symptoms = forms.CharField(label="Symptoms", max_length=500, required=False)
    symptoms_onset = _day("Symptoms since")
    pcr_result = forms.ChoiceField(label="PCR result", choices=PcrResult.choices, initial=PcrResult.UNKNOWN)
    accession_number = forms.CharField(label="Accession number", max_length=64, required=False)
    urgent = forms.BooleanField(label="Urgent: a doctor should look at once", required=False)

    def study_facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in STUDY_FIELDS}


class NewStudyForm(PatientForm, StudyForm):
    """Patient and study on one page; the films come beside it, each with its own outcome."""

    entry = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["taken_at"].initial = lambda: timezone.localtime().replace(second=0, microsecond=0)


class Corrections(forms.Form):
    """A form that carries what its page showed, so that only what the person changed is changed.

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


class ReviewForm(forms.Form):
    """The doctor's word on one prediction, and which prediction was on the page."""

    prediction = forms.UUIDField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(choices=Decision.choices, widget=forms.RadioSelect)
    finding = forms.ChoiceField(choices=[("", "Choose the finding"), *Finding.choices], required=False)
    reason = forms.CharField(max_length=500, required=False)
    note = forms.CharField(max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    @classmethod
    def of(cls, prediction: Prediction) -> "ReviewForm":
        # Several films have such a form on one page: each needs ids of its own.
        return cls(
            initial={"prediction": prediction.public_id}, auto_id=f"id_{prediction.public_id.hex[:8]}_%s"
        )

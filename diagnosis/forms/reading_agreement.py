"""What a clinic asks of another that shall read for it."""

from typing import Any

from django import forms
from django.conf import settings

from accounts.models import Clinic
from diagnosis.forms.fields import day_field
from diagnosis.models import Covers
from diagnosis.models.reading_agreement import today
from diagnosis.services.reading_agreements import AgreementRefused, Terms

LONGEST = 30 * 24 * 60  # minutes


def _hour(label: str) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time", "class": "form-control"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)


def _minutes(label: str, initial: int) -> forms.IntegerField:
    widget = forms.NumberInput({"class": "form-control", "inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=1, max_value=LONGEST, initial=initial, widget=widget)


class ReadingAgreementForm(forms.Form):
    reading_clinic = forms.ModelChoiceField(
        Clinic.objects.none(),
        to_field_name="public_id",
        label="Which clinic shall read?",
        empty_label="Choose …",
        widget=forms.Select({"class": "form-select"}),
        help_text="Its administrators are mailed and have to accept.",
    )
    covers = forms.ChoiceField(
        label="What is it given?",
        choices=Covers.choices,
        initial=Covers.ALL,
        widget=forms.Select({"class": "form-select"}),
    )
    first_day = day_field("First day", required=True)
    last_day = day_field("Last day")
    hours_from = _hour("Hours of service, from")
    hours_to = _hour("Hours of service, to")
    urgent_minutes = _minutes("Urgent studies read within (minutes)", 30)
    routine_minutes = _minutes("Other studies read within (minutes)", 240)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Clinic.objects.exclude(pk=clinic.pk)
        self.fields["reading_clinic"].queryset = others  # type: ignore[attr-defined]  # a choice of rows
        self.fields["first_day"].initial = today
        self.fields["last_day"].help_text = (
            "Empty: until one of the two ends it. Days begin and end by the portal’s clock "
            f"({settings.TIME_ZONE})."
        )
        self.fields[
            "hours_to"
        ].help_text = "Both empty: the whole day. The clock is that of the clinic that reads."
        for name in ("first_day", "last_day"):
            self.fields[name].widget.attrs["class"] = "form-control"

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.terms().check()
            except AgreementRefused as why:
                self.add_error(None, why.message)
        return facts

    def terms(self) -> Terms:
        return Terms(**{name: value for name, value in self.cleaned_data.items() if name != "reading_clinic"})

"""The form about a patient."""

from typing import Any

from django import forms

from diagnosis.forms.fields import PlausibleDates, SpeltField, day_field
from diagnosis.models import Sex

PATIENT_FIELDS = ("number", "first_name", "last_name", "birth_date", "sex")


class PatientForm(PlausibleDates):
    """Who the patient is."""

    number = SpeltField(
        label="Patient number", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    first_name = SpeltField(
        label="First name",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    last_name = SpeltField(
        label="Last name",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    birth_date = day_field("Birth date")
    sex = forms.ChoiceField(label="Sex", choices=Sex.choices, initial=Sex.UNKNOWN)

    def patient_facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in PATIENT_FIELDS}

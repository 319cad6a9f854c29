"""The form about a patient."""

from typing import Any

from django import forms

from diagnosis.forms.fields import BirthField, PlausibleDates, SpeltField
from diagnosis.models import Sex

PATIENT_FIELDS = ("number", "first_name", "last_name", "birth_date", "birth_estimated", "sex")


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
    birth_date = BirthField(label="Birth date", required=False)
    birth_estimated = forms.BooleanField(label="Birth date is estimated", required=False)
    sex = forms.ChoiceField(label="Sex", choices=Sex.choices, initial=Sex.UNKNOWN)

    def patient_facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in PATIENT_FIELDS}

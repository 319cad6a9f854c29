"""The form that acknowledges a critical result."""

from django import forms

from diagnosis.forms.fields import SpeltField


class AcknowledgeForm(forms.Form):
    name = SpeltField(
        label="Who knows of it now, and how?",
        max_length=200,
        widget=forms.TextInput({"class": "form-control", "autocomplete": "off"}),
        error_messages={"required": "Say who knows of it: you, or whom you told."},
    )

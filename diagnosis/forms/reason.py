"""The form that asks why a study or film should not count."""

from django import forms

from diagnosis.forms.fields import SpeltField


class ReasonForm(forms.Form):
    reason = SpeltField(label="Why?", max_length=500)

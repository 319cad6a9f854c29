"""The form that asks for a film in another window."""

from django import forms

from diagnosis.services.pictures import FUNCTIONS


class WindowForm(forms.Form):
    center = forms.FloatField(label="Centre", min_value=-1e6, max_value=1e6)
    width = forms.FloatField(label="Width", min_value=1, max_value=2e6)
    function = forms.ChoiceField(choices=[(name, name) for name in FUNCTIONS], required=False)

"""The form of an outcome: what became of the patient later, or the correction of what was entered."""

from django import forms

from diagnosis.forms.fields import SpeltField, day_field
from diagnosis.models import Confirms, OutcomeKind, PatientOutcome

_CHOOSE = "Choose what it is."


class OutcomeForm(forms.Form):
    kind = forms.ChoiceField(
        label="What",
        choices=[("", "Choose"), *OutcomeKind.choices],
        widget=forms.Select({"class": "form-select"}),
        error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
    )
    on = day_field("Date", required=True)
    value = SpeltField(label="Result or place", max_length=200, required=False)
    confirms = forms.ChoiceField(
        label="What it says of this study’s film",
        choices=[(value, name) for value, name in reversed(Confirms.choices)],
        required=False,
        widget=forms.Select({"class": "form-select"}),
        help_text="Counts before a signature where scores and agreement are counted.",
    )

    @classmethod
    def of(cls, outcome: PatientOutcome) -> "OutcomeForm":
        """The form with an outcome that is to be corrected."""
        return cls(initial={name: getattr(outcome, name) for name in cls.base_fields})

"""What stands at the head of a clinic's reports."""

from typing import Any

from django import forms

from accounts.models import Clinic, Paper
from accounts.typed_text import TypedText
from diagnosis.imaging.report.pictures import LOGO_BYTES

MOST_LINES = 6


class LetterheadForm(forms.Form):
    address = TypedText(
        label="Address and telephone",
        max_length=400,
        required=False,
        widget=forms.Textarea({"rows": 4, "class": "form-control"}),
        help_text=f"Stands below the clinic’s name; at most {MOST_LINES} lines.",
    )
    logo = forms.FileField(
        required=False,
        widget=forms.FileInput({"accept": "image/png,image/jpeg", "class": "form-control"}),
        help_text="PNG or JPEG, at most 512 kB.",
    )
    without_logo = forms.BooleanField(
        label="No logo", required=False, widget=forms.CheckboxInput({"class": "form-check-input"})
    )
    paper = forms.ChoiceField(choices=Paper.choices, widget=forms.Select({"class": "form-select"}))
    network_in_report = forms.BooleanField(
        label="Reports tell what the network said, in a box of its own",
        required=False,
        widget=forms.CheckboxInput({"class": "form-check-input"}),
    )

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if len(address.splitlines()) > MOST_LINES:
            raise forms.ValidationError(f"At most {MOST_LINES} lines fit at the head of a report.")
        return address

    def clean_logo(self) -> Any:
        logo = self.cleaned_data["logo"]
        if logo and (logo.size > LOGO_BYTES or getattr(logo, "refusal", None)):
            raise forms.ValidationError("The logo is too large: at most 512 kB.")
        return logo

    @classmethod
    def of(cls, clinic: Clinic) -> "LetterheadForm":
        """The form as its page shows it."""
        fields = ("address", "paper", "network_in_report")
        return cls(
            initial={name: getattr(clinic, name) for name in fields} | {"without_logo": not clinic.logo}
        )

"""Forms that ask why: a study or film should not count, or two patients are one person."""

from django import forms

from diagnosis.forms.fields import SpeltField


class ReasonForm(forms.Form):
    reason = SpeltField(label="Why?", max_length=500)


class OverrideForm(forms.Form):
    """Why a network is promoted although too little is known of it."""

    reason = SpeltField(
        label="Why all the same?",
        max_length=500,
        required=False,
        help_text="It stays on record with the comparison as it is now.",
    )


class MergeForm(ReasonForm):
    """Into which patient another is merged, and why."""

    number = SpeltField(label="Number of the record to keep", max_length=64)

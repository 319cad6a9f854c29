"""Forms that ask why: a study or film should not count, or two patients are one person."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from diagnosis.forms.fields import SpeltField
from diagnosis.models import Study


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


class JoinForm(ReasonForm):
    """Into which other study of the patient a study is merged, and why."""

    into = forms.ModelChoiceField(
        queryset=Study.objects.none(),
        to_field_name="public_id",
        error_messages={"invalid_choice": "Choose one of this patient’s other studies."},
    )

    def __init__(self, *args: Any, others: QuerySet[Study], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]  # a choice of rows


class MergeForm(ReasonForm):
    """Into which patient another is merged, and why."""

    number = SpeltField(label="Number of the record to keep", max_length=64)

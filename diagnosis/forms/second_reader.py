"""The form that asks for a second reader."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.models import User


class SecondReaderForm(forms.Form):
    reader = forms.ModelChoiceField(
        label="Who",
        queryset=User.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label="Anybody who has not read it",
        widget=forms.Select({"class": "form-select"}),
    )

    def __init__(self, *args: Any, readers: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reader"].queryset = readers  # type: ignore[attr-defined]  # a field of rows

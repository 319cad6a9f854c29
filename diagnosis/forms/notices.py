"""How a person wants to be told: in the portal, by mail, both or not at all."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField

from accounts.models import User
from diagnosis.services import notice
from diagnosis.services.notice import Choice

WAYS = {"in_portal": "in the portal", "by_mail": "by mail"}


class NoticeChoicesForm(forms.Form):
    """Two ticks for each kind of notice that somebody of this role may get."""

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = notice.choices_of(person)
        for key, choice in self.choices.items():
            for way, words in WAYS.items():
                self.fields[f"{key}-{way}"] = forms.BooleanField(
                    label=f"{notice.LABELS[key]}: {words}",
                    required=False,
                    initial=getattr(choice, way),
                    disabled=way == "in_portal" and key in notice.ALWAYS_IN_PORTAL,
                    widget=forms.CheckboxInput({"class": "form-check-input"}),
                )

    def rows(self) -> Iterator[tuple[str, list[BoundField]]]:
        """A line of the table: what it is about, and its ticks."""
        for key in self.choices:
            yield notice.LABELS[key], [self[f"{key}-{way}"] for way in WAYS]

    def wanted(self) -> dict[str, Choice]:
        found = self.cleaned_data
        return {key: Choice(*(found[f"{key}-{way}"] for way in WAYS)) for key in self.choices}

"""Two people who correct one record: who saves second is told, and nothing is overwritten unseen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db import connection
from django.utils import timezone
from django.utils.dateformat import format as date_format

from accounts.models import AuditEvent, User

SEARCHED = 50


@dataclass(frozen=True)
class Change:
    """Who changed a field last, and when."""

    by: str
    at: datetime


def last_change(subject: str, field: str) -> Change | None:
    """The last change of this field that is on record, or None."""
    told = AuditEvent.objects.filter(subject=subject).order_by("-sequence")[:SEARCHED]
    for event in told:
        if field in (event.facts.get("fields") or event.facts.get("changed") or ()):
            person = User.objects.filter(email=event.actor).first()
            return Change(str(person or event.actor), event.at)
    return None


def changed_meanwhile(subject: str, field: str, value: str) -> str:
    """What to tell somebody whose page shows an older value than the record has now."""
    change = last_change(subject, field)
    by = f" by {change.by}" if change else ""
    at = f" on {date_format(timezone.localtime(change.at), 'j M Y, H:i')}" if change else ""
    became = f"changed to “{value}”" if value else "emptied"
    return f"This was {became}{by}{at}, after you opened the page. Save again to put yours in its place."


class ShownForm(forms.ModelForm):
    """A form that remembers what its page showed: only what was edited is stored, and nothing newer is lost.

    The newer value comes back beside the field, with who wrote it and when; saving once more is then meant.
    """

    kind = ""
    """The subject's kind in the record, such as "user"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            # A program that posts without the shown values has shown nothing to anybody.
            field.show_hidden_initial = not self.is_bound or self.add_initial_prefix(name) in self.data

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        shown = [name for name in self.changed_data if self.fields[name].show_hidden_initial]
        if self.instance.pk is None or not shown:
            return cleaned
        rows = type(self.instance)._default_manager.all()
        rows = rows.select_for_update() if connection.in_atomic_block else rows
        for name, value in forms.model_to_dict(rows.get(pk=self.instance.pk), shown).items():
            self._compare(name, value)
        return cleaned

    def _compare(self, name: str, value: Any) -> None:
        field, place = self.fields[name], self.add_initial_prefix(name)
        before, typed = self.data.get(place), self[name].data
        if not field.has_changed(value, before) or not field.has_changed(value, typed):
            return
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict or a dict
        data[place] = "" if value is None else str(value)
        self.data = data
        choices = dict(getattr(field, "choices", ()))
        words = str(choices.get(value, value)) if value not in (None, "") else ""
        words = {"True": "yes", "False": "no"}.get(words, words)
        self.add_error(name, changed_meanwhile(f"{self.kind}:{self.instance.public_id}", name, words))

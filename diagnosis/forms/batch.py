"""The form of one film in a list of many: whose it is, and when it was taken."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from diagnosis.forms.fields import BirthField, SpeltField, day_field
from diagnosis.models import BatchFilm, Sex
from diagnosis.services.batches import FIELDS
from diagnosis.services.intake.batch_filing import Ready
from diagnosis.services.patients import implausible

_SMALL = {"autocomplete": "off"}


class BatchFilmForm(forms.Form):
    """One row. What is typed is kept as it is, right or wrong; it has to be right when it is sent."""

    number = SpeltField(label="Patient number", max_length=64, widget=forms.TextInput(attrs=_SMALL))
    first_name = SpeltField(
        label="First name", max_length=100, required=False, widget=forms.TextInput(attrs=_SMALL)
    )
    last_name = SpeltField(
        label="Last name", max_length=100, required=False, widget=forms.TextInput(attrs=_SMALL)
    )
    birth_date = BirthField(label="Birth date", required=False)
    sex = forms.ChoiceField(label="Sex", choices=Sex.choices, initial=Sex.UNKNOWN, required=False)
    taken_on = day_field("Taken on", required=True)
    urgent = forms.BooleanField(label="Urgent", required=False)
    other_person = forms.BooleanField(label="It is another person", required=False)

    def __init__(self, film: BatchFilm, *, checked: bool = False) -> None:
        """checked: whether its gaps and faults are told; before Send is pressed they are not."""
        self.film = film
        typed = {"sex": Sex.UNKNOWN, **film.typed}
        prefix = film.public_id.hex
        sent = {f"{prefix}-{name}": value for name, value in typed.items() if value}
        super().__init__(sent if checked else None, prefix=prefix, initial=typed)
        self.fields["number"].error_messages["required"] = "Type the patient’s number."
        self.fields["taken_on"].error_messages["required"] = "Say on which day it was taken."
        if "taken_at" in film.header:  # the film says when
            del self.fields["taken_on"]
        if not film.alike:
            del self.fields["other_person"]
        for field in self.fields.values():
            field.widget.attrs["class"] = _look(field)

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        day = facts.get("taken_on")
        taken = timezone.make_aware(datetime.combine(day, time(12))) if day else None
        for name, problem in implausible({**facts, "taken_at": taken}).items():
            self.add_error("taken_on" if name == "taken_at" else name, problem)
        return facts

    def ready(self) -> Ready:
        """The film as it is sent."""
        said = self.cleaned_data
        names = ("first_name", "last_name", "birth_date", "sex")
        return Ready(
            film=self.film,
            number=said["number"],
            patient={name: said[name] for name in names if said.get(name)},
            taken_on=said.get("taken_on"),
            urgent=said["urgent"],
            other_person=said.get("other_person", False),
        )


def _look(field: forms.Field) -> str:
    if isinstance(field, forms.BooleanField):
        return "form-check-input"
    is_choice = isinstance(field, forms.ChoiceField)
    return "form-select form-select-sm" if is_choice else "form-control form-control-sm"


def typed_in(sent: Any, film: BatchFilm) -> dict[str, str]:
    """What a form says of a film, word for word."""
    named = {name: f"{film.public_id.hex}-{name}" for name in FIELDS}
    return {name: sent[key] for name, key in named.items() if key in sent}

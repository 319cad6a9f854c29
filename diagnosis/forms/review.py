"""The form of a doctor's review."""

from django import forms
from django.http import QueryDict

from accounts.typed_text import TypedText
from diagnosis.models import Decision, Finding, Scan
from diagnosis.services.review import Shown

_CHOOSE = "Choose whether you agree, change the finding or reject it."
_DAMAGED = {"invalid": "The form was damaged on its way. Read the result below, then sign your review."}


def _what_was_shown() -> forms.UUIDField:
    return forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages=_DAMAGED)


class ReviewForm(forms.Form):
    """A doctor's review of a film, and what was on the page: result, study, newest review.

    The hidden fields are drawn from the film, never from what was sent: a form that comes back is about what
    its page shows now.
    """

    prediction = _what_was_shown()
    study = _what_was_shown()
    last = _what_was_shown()
    count_again = forms.BooleanField(required=False)
    decision = forms.ChoiceField(
        choices=Decision.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
    )
    finding = forms.ChoiceField(choices=[("", "Choose the finding"), *Finding.choices], required=False)
    reason = TypedText(max_length=500, required=False)
    note = TypedText(max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self, data: QueryDict | None = None, *, scan: Scan, initial: dict[str, str] | None = None
    ) -> None:
        # Several films have this form on one page, so each form needs its own ids.
        super().__init__(data, auto_id=f"id_{scan.public_id.hex[:8]}_%s", initial=initial)

    def shown(self) -> Shown:
        """What the page showed when the doctor opened it."""
        facts = self.cleaned_data
        return Shown(study=facts["study"], review=facts["last"])

    def forget_decision(self) -> None:
        """Ask for the decision again; what was typed stays."""
        self.data = {**self.data.dict(), "decision": ""}  # type: ignore[attr-defined]  # bound: a QueryDict

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Every error of the form, those of hidden fields included, each with the id of its field or ""."""
        told = [("", str(error)) for error in self.non_field_errors()]
        for name in self.errors:
            if name in self.fields:
                box = "" if self[name].is_hidden else str(self[name].auto_id)
                told += [(box, str(error)) for error in self[name].errors]
        return told

"""The form of a doctor's first word about a study, before any answer."""

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.forms import BoundField

from diagnosis.models import ZONES, Finding

CANNOT_SAY: Final = "cannot_say"
WORDS: Final = [*Finding.choices, (CANNOT_SAY, "I cannot say")]
PLACES: Final = dict(
    zip(
        ZONES,
        ("right upper", "right middle", "right lower", "left upper", "left middle", "left lower"),
        strict=True,
    )
)
GRADES: Final = [("", "–"), ("0", "0"), ("1", "1"), ("2", "2"), ("3", "3")]
_CHOOSE: Final = "Choose what you see."


class FirstWordForm(forms.Form):
    """Finding, zones that the doctor cares to grade, and when the page was opened."""

    finding = forms.ChoiceField(
        choices=WORDS,
        widget=forms.RadioSelect,
        error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
    )
    opened = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for zone, place in PLACES.items():
            self.fields[f"zone_{zone}"] = forms.TypedChoiceField(
                label=f"{zone}, {place}",
                choices=GRADES,
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.Select({"class": "form-select form-select-sm"}),
            )

    @property
    def lungs(self) -> Iterator[tuple[BoundField, BoundField]]:
        """The zones as they lie on a film: the patient's right lung at the left."""
        for right, left in zip(ZONES[:3], ZONES[3:], strict=True):
            yield self[f"zone_{right}"], self[f"zone_{left}"]

    def word(self) -> str:
        """The finding, "" where the doctor cannot say."""
        said: str = self.cleaned_data["finding"]
        return "" if said == CANNOT_SAY else said

    def zones(self) -> dict[str, int | None]:
        return {zone: self.cleaned_data[f"zone_{zone}"] for zone in ZONES}

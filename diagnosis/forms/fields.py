"""Form fields for texts, dates and times."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.typed_text import SpeltField
from diagnosis import births
from diagnosis.services.patients import implausible

__all__ = ["BirthField", "LocalTimeField", "PlausibleDates", "SpeltField", "day_field"]


def day_field(label: str, *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget)


class BirthField(forms.CharField):
    """A birth date, or what is known of it; digits alone will do, as a phone's number pad has no dash."""

    def __init__(self, **kwargs: Any) -> None:
        shown = {"inputmode": "numeric", "autocomplete": "off", "placeholder": "1961-04-12"}
        kwargs.setdefault("help_text", "Year, month, day; or the year, or year and month: 1961, 1961-04.")
        super().__init__(widget=forms.TextInput(attrs=shown), empty_value="", **kwargs)

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return births.read(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class LocalTimeField(forms.DateTimeField):
    """A time on the clinic's clock, also in the nights when the clocks change.

    In the hour that occurs twice, it is the later of the two times that is not in the future; a time that the
    clock skips is moved forward by the skip.
    """

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            read = _across_clock_change((error.params or {})["datetime"])
            if read is None:  # beyond the end of the calendar
                raise
            return read


def _across_clock_change(shown: datetime) -> datetime | None:
    """The time in UTC, where no clock reading is ambiguous; None beyond the end of the calendar."""
    zone = timezone.get_current_timezone()
    try:
        first, second = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return None
    # In the skipped hour the first reading still counts by the old time, which moves it forward.
    return second if first < second <= timezone.now() else first


class PlausibleDates(forms.Form):
    """Shows the error about an impossible date beside its field."""

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        for name, problem in implausible(facts).items():
            self.add_error(name, problem)
        return facts

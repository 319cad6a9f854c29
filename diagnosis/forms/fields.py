"""Dates and times as people type them, checked."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from diagnosis.services.patients import implausible


def day_field(label: str, *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget)


class LocalTimeField(forms.DateTimeField):
    """A time on the clinic's clock, in the nights of the clock change too: nobody waits for morning.

    An hour that the clock shows twice is its latest reading that does not lie in the future; a time that the
    clock jumps over is moved forward by the jump.
    """

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            read = _across_clock_change((error.params or {})["datetime"])
            if read is None:  # a time at the end of the calendar
                raise
            return read


def _across_clock_change(shown: datetime) -> datetime | None:
    """The moment in UTC, where times with the same clock reading are never mistaken for each other."""
    zone = timezone.get_current_timezone()
    try:
        first, second = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return None
    # In the hour that is jumped over, the first reading goes on counting by the old time: forward.
    return second if first < second <= timezone.now() else first


class PlausibleDates(forms.Form):
    """Shows a date that cannot be beside its field."""

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        for name, problem in implausible(facts).items():
            self.add_error(name, problem)
        return facts

"""Fields that say, beside an error, what is expected."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from diagnosis import births, spelling


class SpeltField(serializers.CharField):
    """A text about a patient: refused in words where letters were lost, measured in its composed form."""

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        self.lines = lines
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if problem := spelling.fault(text, lines=self.lines):
            raise serializers.ValidationError(problem)
        text = unicodedata.normalize("NFC", text) if self.lines else spelling.tidy(text)
        if not text and not self.allow_blank:  # it was nothing but marks that are not kept
            self.fail("blank")
        return text


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^(18|19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$",
        "example": "1961-04",
    }
)
class BirthField(serializers.CharField):
    """A birth date, or what is known of it."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return births.read(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class WordField(serializers.ChoiceField):
    """One of a few words; an error names them."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices, **kwargs)
        self.error_messages["invalid_choice"] = f"Send one of: {', '.join(self.choices)}."


class MomentField(serializers.DateTimeField):
    """A point in time: with its zone, since nobody knows which one a sender without a zone meant."""

    default_error_messages = {
        "invalid": "Send a date and time with its zone, such as 2026-03-02T08:15:00Z or …T09:15:00+01:00.",
        "no_time": "Send the time too, with its zone, such as 2026-03-02T08:15:00Z: this is a date alone.",
        "no_zone": "Add the time zone, such as …T08:15:00Z or …T09:15:00+01:00: without it nobody is sure.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        text = str(value).strip()
        # In an address a plus sign means a space.
        text = re.sub(r" (?=\d\d:?\d\d$)", "+", text) if text.count(":") > 1 else text
        if re.fullmatch(r"\d{4}-?\d\d-?\d\d", text):
            self.fail("no_time")
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None:
            self.fail("invalid")
        if timezone.is_naive(moment):
            self.fail("no_zone")
        taken: datetime = super().to_internal_value(moment)
        return taken


@extend_schema_field({"anyOf": [{"type": "boolean"}, {"enum": ["1", "0", "yes", "no", "on", "off"]}]})
class YesNoField(serializers.BooleanField):
    """Yes or no in a form, where all is text."""

    default_error_messages = {"invalid": "Send true or false."}

"""What may be corrected in a study and in a patient's record; JSON's own types, nothing is guessed."""

from datetime import date, datetime
from typing import Any

from rest_framework import serializers

from diagnosis.api.serializers.fields import BirthField, MomentField, SpeltField, WordField
from diagnosis.models import PcrResult, Sex


def _text(field: serializers.Field, data: Any) -> str:
    if not isinstance(data, str):
        raise serializers.ValidationError("Send a text.")
    return data


class _Text(SpeltField):
    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(_text(self, data))


class _Birth(BirthField):
    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(_text(self, data))


class _Moment(MomentField):
    def to_internal_value(self, value: Any) -> datetime:
        return super().to_internal_value(_text(self, value))


class _Day(serializers.DateField):
    def to_internal_value(self, value: Any) -> date:
        day: date = super().to_internal_value(_text(self, value))
        return day


class _Word(WordField):
    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(_text(self, data))


class _YesNo(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Send true or false.")
        return data


class StudyCorrectionSerializer(serializers.Serializer):
    """The facts of a study to change; what is left out stays."""

    accession_number = _Text(max_length=64, required=False, allow_blank=True)
    taken_at = _Moment(required=False, help_text="ISO 8601 with its time zone.")
    reason = _Text(max_length=500, required=False, allow_blank=True, lines=True)
    symptoms = _Text(max_length=500, required=False, allow_blank=True, lines=True)
    symptoms_onset = _Day(required=False, allow_null=True, help_text="YYYY-MM-DD; null: not known.")
    pcr_result = _Word(choices=PcrResult.choices, required=False)
    urgent = _YesNo(required=False)


class PatientCorrectionSerializer(serializers.Serializer):
    """The facts of a patient to change; what is left out stays."""

    number = _Text(min_length=1, max_length=64, required=False)
    first_name = _Text(max_length=100, required=False, allow_blank=True)
    last_name = _Text(max_length=100, required=False, allow_blank=True)
    birth_date = _Birth(
        required=False, allow_null=True, help_text="`YYYY-MM-DD`, `YYYY-MM` or `YYYY`; null: not known."
    )
    birth_estimated = _YesNo(required=False)
    sex = _Word(choices=Sex.choices, required=False)

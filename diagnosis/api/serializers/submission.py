"""The formats of a submission and of its response."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from diagnosis.api.serializers.fields import BirthField, MomentField, SpeltField, WordField, YesNoField
from diagnosis.models import PcrResult, Sex, StudyState
from diagnosis.services.patients import implausible


class SubmissionSerializer(serializers.Serializer):
    """The text fields of a submission."""

    patient_number = SpeltField(
        max_length=64, required=False,
        help_text="Identifies the patient in your clinic. Required, unless a DICOM film says it.",
    )  # fmt: skip
    patient_first_name = SpeltField(max_length=100, required=False, allow_blank=True)
    patient_last_name = SpeltField(max_length=100, required=False, allow_blank=True)
    patient_birth_date = BirthField(
        required=False, help_text="`YYYY-MM-DD`, or what is known of it: `YYYY-MM` or `YYYY`."
    )
    patient_birth_estimated = YesNoField(
        required=False, help_text="Whether the birth date is an estimate, such as a year told by age."
    )
    patient_sex = WordField(choices=Sex.choices, required=False)
    accession_number = SpeltField(max_length=64, required=False, allow_blank=True)
    taken_at = MomentField(
        required=False,
        help_text="ISO 8601 with its time zone, which has to be there; if absent, what a DICOM film "
        "says by your clinic's clock, else now.",
    )
    reason = SpeltField(max_length=500, required=False, allow_blank=True, lines=True)
    symptoms = SpeltField(max_length=500, required=False, allow_blank=True, lines=True)
    symptoms_onset = serializers.DateField(required=False, help_text="YYYY-MM-DD")
    pcr_result = WordField(choices=PcrResult.choices, required=False)
    urgent = YesNoField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        dates = {name.removeprefix("patient_"): value for name, value in attrs.items()}
        problems = implausible(dates)
        if problems:
            raise serializers.ValidationError(
                {f"patient_{name}" if f"patient_{name}" in attrs else name: [text]
                 for name, text in problems.items()}
            )  # fmt: skip
        return attrs


@extend_schema_field({"type": "string", "format": "binary"})
class FilmFileField(serializers.FileField):
    """The bytes of a film, for the schema."""


class SubmissionFormSerializer(SubmissionSerializer):
    """The whole multipart form, for the schema only: no serializer reads the films."""

    film = serializers.ListField(
        child=FilmFileField(),
        min_length=1,
        help_text="One or more PNG, JPEG or DICOM files of one study.",
    )


class FilmOutcomeSerializer(serializers.Serializer):
    """The outcome of one file of a submission."""

    name = serializers.CharField()
    outcome = serializers.ChoiceField(
        choices=["received", "duplicate", "other_patient", "refused"],
        help_text="`other_patient`: these bytes are on record for another patient; they were not added.",
    )
    code = serializers.CharField(help_text="Why it was refused, for example `truncated`; else empty.")
    message = serializers.CharField(help_text="The same in words, and what to do; else empty.")
    id = serializers.UUIDField(allow_null=True, help_text="The film, if it is on record.")
    study = serializers.UUIDField(allow_null=True, help_text="The study that holds the film.")


class HeldOutcomeSerializer(FilmOutcomeSerializer):
    """The outcome of one file of a submission that contradicts the record."""

    outcome = serializers.CharField(  # type: ignore[assignment]  # a fourth word beside the others
        help_text="`held`: kept, and a doctor or an administrator says whose film it is; else `received`, "
        "`duplicate` or `refused`.",
    )
    held = serializers.URLField(allow_null=True, help_text="The page where that is done, for people.")


class HeldSubmissionSerializer(serializers.Serializer):
    """The response to a submission whose films wait for a person."""

    state = serializers.CharField(help_text="Always `held`.")
    films = HeldOutcomeSerializer(many=True)
    notice = serializers.CharField()


class WarningSerializer(serializers.Serializer):
    """What looks like a mistake but was not refused."""

    code = serializers.ChoiceField(
        choices=["number_looks_alike", "same_person", "accession_number_used", "same_picture"]
    )
    message = serializers.CharField()


class SubmittedSerializer(serializers.Serializer):
    """The response to a submission."""

    id = serializers.UUIDField()
    url = serializers.URLField(help_text="Ask here for the state and the result.")
    state = serializers.ChoiceField(choices=StudyState.choices)
    films = FilmOutcomeSerializer(many=True)
    warnings = WarningSerializer(many=True, help_text="For a person to check; empty in most cases.")
    notice = serializers.CharField()

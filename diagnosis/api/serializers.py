"""The shape of what goes in and out of the API; no decisions are made here."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from diagnosis.models import (
    Decision,
    Finding,
    ModelVersion,
    PcrResult,
    Prediction,
    Review,
    Scan,
    ScanStatus,
    Sex,
    Study,
    StudyState,
    Triage,
)
from diagnosis.services import results
from diagnosis.services.patients import implausible

NOTICE = "Research use only. Not a medical device. A network's output is not a diagnosis."


class SubmissionSerializer(serializers.Serializer):
    """The text fields of a submission."""

    patient_number = serializers.CharField(max_length=64, help_text="Identifies the patient in your clinic.")
    patient_first_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    patient_last_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    patient_birth_date = serializers.DateField(required=False, help_text="YYYY-MM-DD")
    patient_sex = serializers.ChoiceField(choices=Sex.choices, required=False)
    accession_number = serializers.CharField(max_length=64, required=False, allow_blank=True)
    taken_at = serializers.DateTimeField(required=False, help_text="ISO 8601 with time zone; now if absent.")
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    symptoms = serializers.CharField(max_length=500, required=False, allow_blank=True)
    symptoms_onset = serializers.DateField(required=False, help_text="YYYY-MM-DD")
    pcr_result = serializers.ChoiceField(choices=PcrResult.choices, required=False)
    urgent = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        dates = {name.removeprefix("patient_"): value for name, value in attrs.items()}
        problems = implausible(dates)
        if problems:
            raise serializers.ValidationError(
                {f"patient_{name}" if f"patient_{name}" in attrs else name: [text]
                 for name, text in problems.items()}
            )  # fmt: skip
        return attrs


class SubmissionFormSerializer(SubmissionSerializer):
    """The whole multipart form, for the schema: the films are read as they come, not by a serializer."""

    film = serializers.ListField(
        child=serializers.FileField(), min_length=1, help_text="One or more PNG or JPEG files."
    )


class FilmOutcomeSerializer(serializers.Serializer):
    """What became of one file of a submission."""

    name = serializers.CharField()
    outcome = serializers.ChoiceField(
        choices=["received", "duplicate", "other_patient", "refused"],
        help_text="`other_patient`: these bytes are on record for another patient; they were not added.",
    )
    code = serializers.CharField(help_text="Why it was refused, such as `truncated`; else empty.")
    message = serializers.CharField(help_text="The same in words, and what to do; else empty.")
    id = serializers.UUIDField(allow_null=True, help_text="The film, where it is on record.")
    study = serializers.UUIDField(allow_null=True, help_text="The study that holds the film.")


class SubmittedSerializer(serializers.Serializer):
    """The answer to a submission."""

    id = serializers.UUIDField()
    url = serializers.URLField(help_text="Ask here for the state and the result.")
    state = serializers.ChoiceField(choices=StudyState.choices)
    films = FilmOutcomeSerializer(many=True)
    notice = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # RFC 9457's word; never used for validation
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="By field."
    )
    films = FilmOutcomeSerializer(many=True, required=False)


class ProbabilitiesSerializer(serializers.Serializer):
    """Of the classes that the network tells apart; they add up to one."""

    covid19 = serializers.FloatField(
        required=False, help_text="Absent where the network was not made for it."
    )
    pneumonia = serializers.FloatField(
        required=False, help_text="Absent where the network was not made for it."
    )
    normal = serializers.FloatField()


class ModelSerializer(serializers.Serializer):
    name = serializers.CharField()
    version = serializers.CharField()
    active = serializers.SerializerMethodField(help_text="Whether this is the network that answers now.")

    def get_active(self, model: ModelVersion) -> bool:
        return bool(model.active)


class UncertaintySerializer(serializers.Serializer):
    """How far the network's own answer wobbles between looks at a film: no interval for the patient."""

    method = serializers.CharField(help_text="Which looks, the film as it is first.")
    averaged = serializers.BooleanField(
        help_text="Whether `probabilities` are the mean of the looks instead of the first one's."
    )
    p_abnormal = serializers.ListField(
        child=serializers.FloatField(), help_text="Probability of any finding but normal, one a view."
    )
    low = serializers.FloatField(help_text="The lowest of them.")
    high = serializers.FloatField(help_text="The highest of them.")
    spread = serializers.FloatField(help_text="Their standard deviation.")
    crosses_threshold = serializers.BooleanField(
        help_text="Whether the looks alone would get different triages. Where one of them is pathological "
        "and one normal, the film's triage is `unsure`."
    )
    unfamiliar = serializers.BooleanField(
        required=False,
        help_text="Whether the film is unlike those that the network learned from; its triage is `unsure` "
        "then. Absent in results from before it was looked at.",
    )


class PredictionSerializer(serializers.Serializer):
    """What the network said about a film."""

    id = serializers.UUIDField(source="public_id")
    finding = serializers.ChoiceField(choices=Finding.choices)
    probabilities = ProbabilitiesSerializer()
    triage = serializers.ChoiceField(choices=Triage.choices)
    uncertainty = serializers.SerializerMethodField(help_text="Null in results from before it was measured.")
    model = ModelSerializer(source="model_version")
    predicted_at = serializers.DateTimeField(source="created_at")

    @extend_schema_field(UncertaintySerializer(allow_null=True))
    def get_uncertainty(self, prediction: Prediction) -> dict[str, Any] | None:
        stored = prediction.uncertainty
        return dict(UncertaintySerializer(stored).data) if stored else None


class ReviewSerializer(serializers.Serializer):
    """What a doctor decided about a prediction."""

    prediction = serializers.UUIDField(
        source="prediction.public_id",
        help_text="What was reviewed: another result, where it is not the id of the film's prediction.",
    )
    decision = serializers.ChoiceField(choices=Decision.choices)
    finding = serializers.ChoiceField(choices=Finding.choices, allow_blank=True)
    reason = serializers.CharField()
    note = serializers.CharField()
    doctor = serializers.CharField()
    signed_at = serializers.DateTimeField()


class FilmSerializer(serializers.Serializer):
    """A film and where its analysis stands."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="original_name")
    sha256 = serializers.CharField()
    status = serializers.ChoiceField(choices=ScanStatus.choices)
    code = serializers.CharField(source="reason_code", help_text="Why it was refused or failed; else empty.")
    message = serializers.CharField(source="reason", help_text="The same in words; else empty.")
    is_phantom = serializers.BooleanField(help_text="Drawn by code for a demonstration; no person's chest.")
    received_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    prediction = serializers.SerializerMethodField(
        help_text="Once the film is analysed: the active network's, or the newest where that has not read it."
    )
    review = serializers.SerializerMethodField(help_text="The newest one, where a doctor signed.")

    @extend_schema_field(PredictionSerializer(allow_null=True))
    def get_prediction(self, scan: Scan) -> dict[str, Any] | None:
        shown = results.current(scan)
        return dict(PredictionSerializer(shown).data) if shown else None

    @extend_schema_field(ReviewSerializer(allow_null=True))
    def get_review(self, scan: Scan) -> dict[str, Any] | None:
        newest: Review | None = max(scan.reviews.all(), key=lambda row: row.pk, default=None)
        return dict(ReviewSerializer(newest).data) if newest else None


class StudySerializer(serializers.Serializer):
    """A study with its films. The findings are those of its most abnormal film."""

    id = serializers.UUIDField(source="public_id")
    url = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=StudyState.choices)
    patient_number = serializers.CharField(source="patient.number")
    accession_number = serializers.CharField()
    urgent = serializers.BooleanField()
    taken_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(source="created_at")
    network_finding = serializers.ChoiceField(choices=Finding.choices, allow_blank=True)
    network_probability = serializers.FloatField(allow_null=True, help_text="Of that finding, 0 to 1.")
    network_triage = serializers.ChoiceField(choices=Triage.choices, allow_blank=True)
    doctor_finding = serializers.ChoiceField(choices=Finding.choices, allow_blank=True)
    films = FilmSerializer(many=True, source="scans.all")
    notice = serializers.SerializerMethodField()

    @extend_schema_field(serializers.URLField())
    def get_url(self, study: Study) -> str:
        path = reverse("api_study_detail", args=[study.public_id])
        return str(self.context["request"].build_absolute_uri(path))

    def get_notice(self, study: Study) -> str:
        return NOTICE

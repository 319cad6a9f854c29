"""What the network said about a film, and how sure it is."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from diagnosis.models import Finding, ModelVersion, Prediction, Triage


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

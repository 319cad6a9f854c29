"""The format of a network's result and of its uncertainty."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.addresses import public_address
from diagnosis.models import Finding, ModelVersion, Prediction, Standing, Triage
from diagnosis.services import ages, check_words, standing

AGE_CAUTION = (
    "Null, or that the network did not learn its classes on patients of this age: `too_young` (there is no "
    "advice) or `age_unknown`. By the birth date on record today."
)


class ProbabilitiesSerializer(serializers.Serializer):
    """Probabilities of the classes that the network tells apart; they add up to one."""

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
    active = serializers.SerializerMethodField(help_text="Whether this is the active network.")

    def get_active(self, model: ModelVersion) -> bool:
        return bool(model.active)


class UncertaintySerializer(serializers.Serializer):
    """How far the network's answer varies between looks at a film; not a confidence interval."""

    method = serializers.CharField(
        help_text="Which looks, the film as it is first. One where two more would not change what is told."
    )
    averaged = serializers.BooleanField(
        help_text="Whether `probabilities` are the mean of all looks instead of those of the first."
    )
    p_abnormal = serializers.ListField(
        child=serializers.FloatField(), help_text="Probability of any finding except normal, one per look."
    )
    low = serializers.FloatField(help_text="The lowest of them.")
    high = serializers.FloatField(help_text="The highest of them.")
    spread = serializers.FloatField(
        required=False, help_text="Their standard deviation. Absent where there is one look."
    )
    crosses_threshold = serializers.BooleanField(
        required=False,
        help_text="Absent where no limits count (`standing`) and where there is one look. Whether the "
        "looks alone would get different triages. If one of them is pathological "
        "and one normal, the film's triage is `unsure`.",
    )
    unfamiliar = serializers.BooleanField(
        required=False,
        help_text="Whether the film is unlike those that the network learned from; its triage is then "
        "`unsure`. Absent in results from before this was checked.",
    )
    few_grey_levels = serializers.BooleanField(
        required=False,
        help_text="Whether the file has fewer than 64 shades of grey; the triage is then `unsure`. Absent in "
        "results from before this was checked.",
    )
    lungs_not_found = serializers.BooleanField(
        required=False,
        help_text="Whether no lungs were found in the film; its triage is then `unsure`. Absent in results "
        "from before this was checked.",
    )


class FoundSerializer(serializers.Serializer):
    """Something that was found about a film."""

    code = serializers.CharField()
    message = serializers.CharField(help_text="The same in words, and what to do.")


class PredictionSerializer(serializers.Serializer):
    """A network's result for a film."""

    id = serializers.UUIDField(source="public_id")
    finding = serializers.SerializerMethodField(
        help_text="In line with `triage`. Empty where no limits count (`standing`): `probabilities` are all "
        "that the network says then, and none of them is a finding.",
    )
    probabilities = ProbabilitiesSerializer()
    triage = serializers.ChoiceField(
        choices=Triage.choices,
        source="shown_triage",
        help_text="By the limits that count in your clinic; `unsure` on probation and where they were "
        "withdrawn.",
    )
    standing = serializers.ChoiceField(
        choices=Standing.choices,
        help_text="`probation`: not yet measured here, so nothing is decided; `elsewhere`: limits from "
        "elsewhere, accepted by an operator; `here`: limits agreed on your clinic's own films; `withdrawn`.",
    )
    standing_text = serializers.SerializerMethodField(help_text="The same in words, with names and dates.")
    uncertainty = serializers.SerializerMethodField(help_text="Null in results older than this measure.")
    corrections = serializers.SerializerMethodField(
        help_text="What was put right before the network read the film; the original stays as it came."
    )
    cautions = serializers.SerializerMethodField(
        help_text="What the checks of the picture warn of; any but `burnt_in_text_suspected` makes the "
        "triage `unsure`."
    )
    age_caution = serializers.SerializerMethodField(help_text=AGE_CAUTION)
    heatmap = serializers.SerializerMethodField(
        help_text="What moved the answer, to lay over the film's picture; null where it would not fit."
    )
    model = ModelSerializer(source="model_version")
    predicted_at = serializers.DateTimeField(source="created_at")

    @extend_schema_field(serializers.ChoiceField(choices=Finding.choices, allow_blank=True))
    def get_finding(self, prediction: Prediction) -> str:
        return prediction.shown_finding or ""

    @extend_schema_field(FoundSerializer(many=True))
    def get_corrections(self, prediction: Prediction) -> list[dict[str, str]]:
        return [{"code": code, "message": check_words.correction(code)} for code in prediction.corrections]

    @extend_schema_field(FoundSerializer(many=True))
    def get_cautions(self, prediction: Prediction) -> list[dict[str, str]]:
        return [{"code": code, "message": check_words.caution(code)} for code in prediction.cautions]

    @extend_schema_field(FoundSerializer(allow_null=True))
    def get_age_caution(self, prediction: Prediction) -> dict[str, str] | None:
        scan = prediction.scan
        told = ages.caution(prediction, scan, scan.study.patient)
        return {"code": told.code, "message": told.text} if told else None

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_heatmap(self, prediction: Prediction) -> str | None:
        path = reverse("api_prediction_heatmap", args=[prediction.public_id])
        return public_address(self.context["request"], path) if prediction.heatmap_in_frame else None

    def get_standing_text(self, prediction: Prediction) -> str:
        return standing.in_words(prediction)

    @extend_schema_field(UncertaintySerializer(allow_null=True))
    def get_uncertainty(self, prediction: Prediction) -> dict[str, Any] | None:
        stored = prediction.uncertainty
        if prediction.withheld:
            stored = {name: value for name, value in stored.items() if name != "crosses_threshold"}
        return dict(UncertaintySerializer(stored).data) if stored else None

"""The format of a patient's record."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.addresses import public_address
from diagnosis.api.serializers.fields import BirthField
from diagnosis.models import Patient, Sex


class PatientSerializer(serializers.Serializer):
    """Who the patient is."""

    id = serializers.UUIDField(source="public_id")
    url = serializers.SerializerMethodField()
    number = serializers.CharField(help_text="Identifies the patient in your clinic.")
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    birth_date = BirthField(allow_null=True, help_text="As far as it is known: `YYYY` at least.")
    birth_estimated = serializers.BooleanField()
    sex = serializers.ChoiceField(choices=Sex.choices)
    merged_into = serializers.UUIDField(
        source="merged_into.public_id",
        allow_null=True,
        default=None,
        help_text="The record that this one became, which is the one to correct; null in most cases.",
    )

    @extend_schema_field(serializers.URLField())
    def get_url(self, patient: Patient) -> str:
        path = reverse("api_patient_detail", args=[patient.public_id])
        return public_address(self.context["request"], path)

"""What scores of a network have meant in a clinic so far; derived, counted anew from time to time."""

from django.db import models
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models.model_version import ModelVersion


class ScoreMeaning(models.Model):
    """For each tenth of the score: how many studies were signed, and how many of them were abnormal.

    `bands`: a list of ten, each {"read", "confirmed", "blind_read", "blind_confirmed"}.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    bands = models.JSONField(default=list)
    counted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "model_version"], name="one_score_meaning")]

    def __str__(self) -> str:
        return f"scores of {self.model_version} in {self.clinic}"

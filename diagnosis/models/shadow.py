"""What a candidate says of films beside the active network, and what doctors say who read them blind.

Tables of their own, which no other row leads to (`related_name="+"`), which `diagnosis.models` does not hand
out and which no page, API, filter or export may import (pyproject.toml): a reader sees the active network's
results alone, whatever a page shows of a film.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import AppendOnlyModel, Audited
from diagnosis.models.finding import Finding, Triage
from diagnosis.models.model_version import ModelVersion
from diagnosis.models.prediction import Prediction
from diagnosis.models.scan import Scan


class Outcome(models.TextChoices):
    ANSWERED = "answered", "Answered"
    REFUSED = "refused", "Refused the film"
    FAILED = "failed", "Failed"


class ShadowPrediction(AppendOnlyModel):
    """What a candidate made of a film, once for each (scan, model version); beside whom, and what followed.

    `prediction`: what the active network (`beside`) had said; NULL where it had refused the film. `differs`
    and `to_read` are decided when the row is written, so that nobody can infer one from the other later.
    """

    AUDITED = Audited(
        "shadow",
        (
            "scan", "model_version", "beside", "prediction", "outcome", "code", "finding", "triage",
            "p_covid19", "p_pneumonia", "p_normal", "raw_probabilities", "operating_point", "uncertainty",
            "bundle_checksum", "original_sha256", "input_sha256", "library_versions", "timings_ms", "differs",
            "to_read", "created_at",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="+")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    beside = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    code = models.CharField(max_length=32, blank=True, help_text="Why there is no answer")
    finding = models.CharField(max_length=10, choices=Finding.choices, blank=True)
    triage = models.CharField(max_length=12, choices=Triage.choices, blank=True)
    p_covid19 = models.FloatField(null=True)
    p_pneumonia = models.FloatField(null=True)
    p_normal = models.FloatField(null=True)
    raw_probabilities = models.JSONField(default=dict)
    operating_point = models.JSONField(default=dict)
    uncertainty = models.JSONField(default=dict)
    bundle_checksum = models.CharField(max_length=64)
    original_sha256 = models.CharField(max_length=64)
    input_sha256 = models.CharField(max_length=64, blank=True)
    library_versions = models.JSONField(default=dict)
    timings_ms = models.JSONField(default=dict)
    differs = models.BooleanField(default=False, help_text="Whether the two decide differently")
    to_read = models.BooleanField(default=False, help_text="Whether a doctor is to read the film blind")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["model_version", "to_read"], name="shadow_to_read")]
        constraints = [models.UniqueConstraint(fields=["scan", "model_version"], name="one_shadow_a_version")]

    def __str__(self) -> str:
        return f"shadow {self.public_id}"


class ShadowErrand(models.Model):
    """A film that a worker shows to the candidate just now, or tried to. An errand, no record."""

    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="+")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    heard_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scan", "model_version"], name="one_shadow_errand")]

    def __str__(self) -> str:
        return f"errand {self.pk}"


class BlindWord(models.TextChoices):
    """What a blind reader may say. Only normal or abnormal tells whose side the reader takes."""

    NORMAL = "normal", "Normal"
    COVID19 = "covid19", "COVID-19"
    OTHER = "other", "Pneumonia or another finding"
    CANNOT_SAY = "cannot_say", "Cannot say"


class BlindRead(AppendOnlyModel):
    """A doctor's word about a film, given without any network's answer; one for each film of a comparison."""

    AUDITED = Audited("blind_read", ("shadow", "doctor", "word", "read_at"))

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    shadow = models.ForeignKey(ShadowPrediction, on_delete=models.PROTECT, related_name="+")
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    word = models.CharField(max_length=10, choices=BlindWord.choices)
    read_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shadow"], name="one_blind_read_a_film")]

    def __str__(self) -> str:
        return f"blind read {self.public_id}"

"""The registry's rows: the trained networks of this installation, and which one is active."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited


class Purpose(models.TextChoices):
    CLASSIFICATION = "classification", "Classification"


class ModelVersion(models.Model):
    """A registered bundle; at most one row per purpose is active, and one its candidate.

    MySQL and MariaDB have no partial unique index, so `active` and `candidate` hold True or NULL, never
    False.
    """

    AUDITED = Audited(
        "model",
        (
            "name", "version", "purpose", "bundle", "checksum", "card", "active", "registered_at",
            "promoted_at", "promoted_by", "candidate", "candidate_since", "candidate_by", "candidate_trouble",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    version = models.CharField(max_length=32)
    purpose = models.CharField(max_length=32, choices=Purpose.choices, default=Purpose.CLASSIFICATION)
    bundle = models.CharField(max_length=500, help_text="Folder of the bundle")
    checksum = models.CharField(max_length=64, unique=True)
    card = models.JSONField(help_text="The bundle's card.json as it was registered")
    active = models.BooleanField(null=True, default=None, editable=False)
    registered_at = models.DateTimeField(default=timezone.now, editable=False)
    promoted_at = models.DateTimeField(null=True, blank=True, editable=False)
    promoted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    candidate = models.BooleanField(null=True, default=None, editable=False)
    candidate_since = models.DateTimeField(null=True, blank=True, editable=False)
    candidate_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    candidate_trouble = models.CharField(
        max_length=500,
        blank=True,
        default="",
        editable=False,
        help_text="Why the portal stopped it as a candidate",
    )

    class Meta:
        ordering = ["-registered_at"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "candidate"], name="one_candidate_a_purpose"),
            models.UniqueConstraint(fields=["purpose", "active"], name="one_active_model_a_purpose"),
            models.UniqueConstraint(fields=["name", "version"], name="model_version_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class MeasuredPoint(models.Model):
    """A threshold of a network's card, with its sensitivity and specificity as measured there.

    It decides nothing: what counts in a clinic is its `OperatingPoint`.
    """

    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="measured_points")
    name = models.CharField(max_length=32, help_text="Such as sensitivity_95")
    threshold = models.FloatField()
    sensitivity = models.FloatField(null=True)
    specificity = models.FloatField(null=True)
    measured_on = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model_version", "name"], name="operating_point_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.threshold:.3f}"

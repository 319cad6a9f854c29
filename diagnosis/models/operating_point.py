"""The limits that count in a clinic for one version of a network, and who answers for them.

Without such a row in force a version is on probation there: it decides nothing (services/standing.py).
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.model_version import ModelVersion


class Standing(models.TextChoices):
    """What a network's result is worth in a clinic."""

    PROBATION = "probation", "Not yet measured here"
    ELSEWHERE = "elsewhere", "Limits from elsewhere"
    HERE = "here", "Limits of this clinic"
    WITHDRAWN = "withdrawn", "Limits withdrawn"


class Origin(models.TextChoices):
    """On whose films limits were set."""

    HERE = "here", "Films of this clinic"
    ELSEWHERE = "elsewhere", "Films from elsewhere"


class OperatingPoint(models.Model):
    """Two limits on the probability of an abnormal film, for one version in one clinic.

    Limits set on the clinic's own films are proposed by the first of two persons, an administrator and a
    doctor, and count once the other has agreed. Limits from elsewhere count when an operator accepts them.
    Names are those of that day. What is withdrawn stays, and is never in force again.
    """

    AUDITED = Audited(
        "operating_point",
        (
            "model_version", "clinic", "origin", "normal_below", "pathological_from", "measured",
            "proposed_at", "administrator", "administrator_name", "administrator_at", "doctor",
            "doctor_name", "doctor_at", "operator", "operator_name", "reason", "in_force_from",
            "in_force_until", "withdrawn_at", "withdrawn_by", "withdrawn_name", "withdrawn_reason",
        ),
        left_out=("ordered_to",),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="operating_points")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="operating_points")
    origin = models.CharField(max_length=9, choices=Origin.choices)
    normal_below = models.FloatField()
    pathological_from = models.FloatField()
    measured = models.JSONField(
        default=dict, help_text="On what: counts of films, period, AUROC with interval, yield at each cut"
    )
    proposed_at = models.DateTimeField(default=timezone.now, editable=False)
    administrator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    administrator_name = models.CharField(max_length=310, blank=True)
    administrator_at = models.DateTimeField(null=True, editable=False)
    doctor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    doctor_name = models.CharField(max_length=310, blank=True)
    doctor_at = models.DateTimeField(null=True, editable=False)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    operator_name = models.CharField(max_length=310, blank=True, help_text="Who accepted them")
    reason = models.CharField(max_length=500, blank=True, help_text="Why they were accepted")
    in_force_from = models.DateTimeField(null=True, editable=False)
    in_force_until = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    withdrawn_name = models.CharField(max_length=310, blank=True)
    withdrawn_reason = models.CharField(max_length=500, blank=True)
    ordered_to = models.PositiveBigIntegerField(
        null=True,
        editable=False,
        help_text="The last study put in order since these were withdrawn; none when all are",
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["clinic", "model_version", "in_force_from"], name="point_in_force")]

    def __str__(self) -> str:
        return f"{self.get_origin_display().lower()}, {self.model_version} in {self.clinic}"

    @property
    def open(self) -> bool:
        """Whether it waits for the second person."""
        return self.in_force_from is None and self.withdrawn_at is None

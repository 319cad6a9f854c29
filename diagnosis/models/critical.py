"""A signed result that somebody has to hear of now, and who did."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.review import Review
from diagnosis.models.study import Study


class CriticalWhy(models.TextChoices):
    TICKED = "ticked", "the signing doctor says so"
    RULE = "rule", "by the clinic’s rule"


class CriticalStep(models.IntegerChoices):
    """Who is told, one after the other, until somebody acknowledges."""

    SENDER = 0, "the sender"
    DOCTORS = 1, "the clinic’s doctors"
    ADMINISTRATORS = 2, "the clinic’s administrators"


class CriticalResult(models.Model):
    """What a signature opened. `is_open`: True or NULL, so that a study has one at once.

    `step`: who was told last; `next_at`: when the next are, if nobody acknowledges; none after the last.
    """

    AUDITED = Audited(
        "critical_result",
        (
            "clinic", "study", "review", "why", "codes", "since", "step", "next_at", "is_open",
            "acknowledged_at", "acknowledged_by", "acknowledged_name",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # No constraint: it would have the database lock the clinic's row after the study's.
    clinic = models.ForeignKey(
        Clinic,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        editable=False,
    )
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="critical_results")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=8, choices=CriticalWhy.choices)
    codes = models.JSONField(default=list, help_text="The signed findings that the rule named")
    since = models.DateTimeField(default=timezone.now, editable=False)
    step = models.PositiveSmallIntegerField(choices=CriticalStep.choices, default=CriticalStep.SENDER)
    next_at = models.DateTimeField(null=True)
    is_open = models.BooleanField(null=True, default=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    acknowledged_name = models.CharField(max_length=200, blank=True, default="", help_text="Who knows of it")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["study", "is_open"], name="one_open_critical_result")]
        indexes = [models.Index(fields=["is_open", "next_at"], name="critical_due")]

    def __str__(self) -> str:
        return f"critical result {self.public_id}"

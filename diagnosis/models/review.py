"""Doctors' decisions about predictions."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import AppendOnlyModel, Audited
from diagnosis.models.finding import Finding
from diagnosis.models.prediction import Prediction
from diagnosis.models.scan import Scan


class Decision(models.TextChoices):
    AGREE = "agree", "Agree with the network"
    CHANGE = "change", "Change the finding"
    REJECT = "reject", "Reject the prediction"


class Review(AppendOnlyModel):
    """A signed review. It never changes; a doctor who changes their mind signs another one."""

    AUDITED = Audited(
        "review", ("scan", "prediction", "doctor", "decision", "finding", "reason", "note", "signed_at")
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="reviews")
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="reviews")
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=8, choices=Decision.choices)
    finding = models.CharField(
        max_length=10, choices=Finding.choices, blank=True, help_text="The doctor's; empty where rejected"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why the prediction was rejected")
    note = models.TextField(blank=True)
    signed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-signed_at", "-id"]

    def __str__(self) -> str:
        return f"review {self.public_id}"

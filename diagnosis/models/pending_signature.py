"""A signature that its doctor can still take back; nobody else sees it.

    WAITING ──time is over──▶ FINAL        the reviews are signed
       │ └─────────────────▶ RETURNED     it was not signed: something changed; the doctor is told why
       └──taken back───────▶ UNDONE       what was typed is a draft again

The row is the truth. `open` holds True while it waits and NULL afterwards, so that a doctor has one at a time
for a study: MySQL has no index over some of the rows.
"""

import math
import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from diagnosis.models.finding import Finding
from diagnosis.models.study import Study


class SignatureState(models.TextChoices):
    WAITING = "waiting", "Can be undone"
    FINAL = "final", "Signed"
    UNDONE = "undone", "Taken back"
    RETURNED = "returned", "Not signed"


class PendingSignature(models.Model):
    """A doctor's press of Sign. No record: the reviews that come of it are, with the time of the press."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+", editable=False)
    doctor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    signed_name = models.CharField(max_length=310, editable=False)
    signed_licence = models.CharField(max_length=64, blank=True, default="", editable=False)
    words = models.JSONField(editable=False, help_text="What is signed when the time is over")
    typed = models.JSONField(editable=False, help_text="The form as it was sent, to be given back")
    state = models.CharField(
        max_length=8, choices=SignatureState.choices, default=SignatureState.WAITING, editable=False
    )
    open = models.BooleanField(null=True, default=True, editable=False)
    pressed_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    told = models.CharField(max_length=1000, blank=True, default="", editable=False)
    dealt_with = models.BooleanField(
        default=False, editable=False, help_text="Whether its doctor signed again or discarded what came back"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["study", "doctor", "open"], name="signature_one_open")]
        indexes = [
            models.Index(fields=["open", "due_at"], name="signature_due"),
            models.Index(fields=["doctor", "dealt_with", "state"], name="signature_of_doctor"),
        ]

    def __str__(self) -> str:
        return f"signature {self.public_id}"

    @property
    def said(self) -> str:
        """The finding of the study, in words."""
        finding = self.words["finding"]
        return str(Finding(finding).label) if finding in Finding.values else "Prediction rejected"

    @property
    def seconds_left(self) -> int:
        return max(0, math.ceil((self.due_at - timezone.now()).total_seconds()))

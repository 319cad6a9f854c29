"""The ledger of the checks: every film that was refused, corrected, cautioned, and what people said to it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import AppendOnlyModel, Clinic
from diagnosis.models.model_version import ModelVersion
from diagnosis.models.scan import Scan


class CheckKind(models.TextChoices):
    """What the checks did with a film, or a person about it."""

    REFUSED = "refused", "Refused"
    CORRECTED = "corrected", "Corrected"
    CAUTIONED = "cautioned", "Read with caution"
    UNDONE = "undone", "Correction undone"
    APPEALED = "appealed", "Appealed"


class CheckEntry(AppendOnlyModel):
    """One line of the ledger; it outlives the film's state, which a later attempt overwrites.

    Not sealed: the film's own row and events are, and vouch for what happened. This counts it.
    """

    # No constraint: it would have the database lock the clinic's row after the study's.
    clinic = models.ForeignKey(
        Clinic, on_delete=models.PROTECT, db_constraint=False, related_name="+", editable=False
    )
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="checks", editable=False)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    kind = models.CharField(max_length=9, choices=CheckKind.choices, editable=False)
    code = models.CharField("reason", max_length=32, editable=False)
    confidence = models.FloatField(null=True, editable=False, help_text="Of the checks, 0 to 1")
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "film check"
        verbose_name_plural = "film checks"
        indexes = [models.Index(fields=["clinic", "kind", "code"], name="check_entry_reasons")]

    def __str__(self) -> str:
        return f"{self.kind} ({self.code}): {self.scan}"

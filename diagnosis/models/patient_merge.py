"""Two records of one person that became one."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited
from diagnosis.models.patient import Patient


class PatientMerge(models.Model):
    """An administrator's decision that `patient` is the person of `into`, and what moved with it."""

    AUDITED = Audited(
        "merge", ("patient", "into", "reason", "studies", "merged_by", "merged_at", "undone_at")
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    into = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    studies = models.JSONField(help_text="Public ids of the studies that came along")
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"merge {self.pk}"

"""What was known when a network became the active one, and who made it so."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import AppendOnlyModel, Audited
from diagnosis.models.model_version import ModelVersion


class ModelPromotion(AppendOnlyModel):
    """One promotion, with the comparison of that day; `reason` is why it went without enough blind reads."""

    AUDITED = Audited(
        "promotion", ("model_version", "replaced", "report", "reason", "promoted_by", "promoted_at")
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    replaced = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="+")
    report = models.JSONField(default=dict, help_text="The comparison as it stood; empty without one")
    reason = models.CharField(max_length=500, blank=True)
    promoted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    promoted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-promoted_at", "-id"]

    def __str__(self) -> str:
        return f"promotion of {self.model_version}"

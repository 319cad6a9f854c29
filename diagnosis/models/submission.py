"""Used idempotency keys: a repeated request finds the study that the first one created."""

from django.db import models
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models.study import Study


class Submission(models.Model):
    """One Idempotency-Key of a clinic, with its request's fingerprint and the study it created."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 over the request's fields and films")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    answer = models.JSONField(default=dict, help_text="What became of each film, for the repeat's answer")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "key"], name="idempotency_key_unique")]

    def __str__(self) -> str:
        return f"submission {self.pk}"

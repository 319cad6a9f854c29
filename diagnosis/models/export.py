"""A study's films that somebody wants without names; they are prepared by a worker and fetched when ready."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from diagnosis.models.study import Study


class ExportState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    WORKING = "working", "Being prepared"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Export(models.Model):
    """One wish for a study without names. An errand, no record: it goes with its file; the history stays."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="exports", editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    sex_and_age = models.BooleanField(default=False, editable=False)
    state = models.CharField(
        max_length=8, choices=ExportState.choices, default=ExportState.WAITING, editable=False
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    films = models.PositiveIntegerField(default=0, editable=False, help_text="How many there are to clean")
    outcomes = models.JSONField(default=list, editable=False, help_text="What became of each, in words")
    cleaned = models.PositiveIntegerField(default=0, editable=False, help_text="How many are in the file")
    heard_at = models.DateTimeField(null=True, editable=False, help_text="When its worker last got on")
    finished_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=500, blank=True, default="", editable=False)

    class Meta:
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["state", "asked_at"], name="export_due")]

    def __str__(self) -> str:
        return f"export {self.public_id}"

"""A file that arrives by pieces: what came of it lies below DATA_DIR, and the rest may come days later."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Clinic


class Upload(models.Model):
    """One file on its way from a browser. No record: it goes once its film is taken in or time is over."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    name = models.CharField(max_length=255, editable=False, help_text="For its sender alone; in no log")
    length = models.PositiveBigIntegerField(editable=False)
    offset = models.PositiveBigIntegerField(default=0, editable=False, help_text="How many bytes came")
    path = models.CharField(max_length=100, editable=False, help_text="Path below DATA_DIR")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    taken_at = models.DateTimeField(
        null=True, editable=False, help_text="When a form brought it; kept a little longer for a repeat"
    )

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["user", "taken_at", "expires_at"], name="upload_of_person"),
            models.Index(fields=["expires_at"], name="upload_over"),
        ]

    def __str__(self) -> str:
        return f"upload {self.public_id}"

    @property
    def percent(self) -> int:
        """How much of it came, never 100 before all did."""
        return 100 * self.offset // self.length if self.length else 100

"""API tokens."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models.audited import Audited
from accounts.models.clinic import Clinic
from accounts.models.user import User


class ApiToken(models.Model):
    """A clinic computer's key to the API: shown once, stored as a hash, revoked but never deleted."""

    AUDITED = Audited(
        "token",
        ("clinic", "name", "prefix", "token_hash", "created_by", "created_at", "revoked_at", "revoked_by"),
        left_out=("last_used_at",),
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100, help_text="Which computer or program holds it")
    prefix = models.CharField(
        max_length=12, editable=False, help_text="The first characters, to tell tokens apart"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

"""API tokens."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

from accounts.models.audited import Audited
from accounts.models.clinic import Clinic
from accounts.models.user import User

WARN_BEFORE = timedelta(days=14)


class Scope(models.TextChoices):
    """What a token lets its holder do."""

    SEND = "send", "Send films"
    READ = "read", "Read studies, results, pictures and reports"
    MANAGE = "manage", "Correct studies and patients"


UNTIL_NOW = "send read"  # what every token could do before there were scopes


class ApiToken(models.Model):
    """A clinic computer's key to the API: shown once, stored as a hash, ended but never deleted."""

    AUDITED = Audited(
        "token",
        (
            "clinic",
            "name",
            "prefix",
            "token_hash",
            "created_by",
            "created_at",
            "expires_at",
            "revoked_at",
            "revoked_by",
            "scopes",
            "replaced_by",
        ),
        left_out=("last_used_at", "warned_at"),
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
    expires_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Empty: until revoked")
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    scopes = models.CharField(
        max_length=40,
        default=UNTIL_NOW,
        editable=False,
        help_text="Words of Scope, a space between them",
    )
    replaced_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False,
        help_text="The token with a new key that took its place",
    )  # fmt: skip

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def expires_soon(self) -> bool:
        """Whether the clinic should make the next one now."""
        return self.expires_at is not None and self.expires_at - timezone.now() <= WARN_BEFORE

    @property
    def allowed(self) -> list[Scope]:
        """What its holder may do, in the scopes' order."""
        return [scope for scope in Scope if scope.value in self.scopes.split()]

    @property
    def allowed_in_words(self) -> str:
        return ", ".join(scope.label for scope in self.allowed)

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and not self.has_expired

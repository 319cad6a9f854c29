"""Addresses of a clinic's own programs that are told what happens to studies, and what each was told."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic


class WebhookKind(models.TextChoices):
    """What a webhook tells of; `test` is what an administrator asks for."""

    URGENT_WAITING = "urgent_waiting", "An urgent study waits for a doctor"
    OVERDUE = "overdue", "A study is overdue"
    FILM_REFUSED = "film_refused", "A film was refused, and why"
    QUESTION = "question", "Somebody asked a question about a study"
    ANSWER = "answer", "A question was answered"
    REFERRAL = "referral", "A study was referred, or its referral answered"
    READING_SIGNED = "reading_signed", "A reading was signed"
    CRITICAL_WAITING = "critical_waiting", "A critical result is not acknowledged"
    TEST = "test", "Test"


class Webhook(models.Model):
    """One address of a clinic, and the kinds that it is told of.

    Secrets are sealed; the former one signs beside the new one until `former_until`.
    """

    AUDITED = Audited(
        "webhook",
        ("clinic", "address", "kinds", "active", "made_by", "made_at", "renewed_at", "former_until"),
        left_out=("secret", "former_secret"),
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="webhooks")
    address = models.CharField(max_length=500)
    kinds = models.JSONField(default=list)
    secret = models.TextField()
    former_secret = models.TextField(blank=True, default="")
    former_until = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    renewed_at = models.DateTimeField(null=True, editable=False, help_text="When its secret was last renewed")

    class Meta:
        ordering = ["-active", "id"]

    def __str__(self) -> str:
        return f"webhook {self.public_id}"

    @property
    def edition(self) -> str:
        """Tells a secret from the next one: of a form that is sent twice, the second changes nothing."""
        return self.renewed_at.isoformat() if self.renewed_at else "first"

    @property
    def kinds_in_words(self) -> list[str]:
        return [str(WebhookKind(kind).label) for kind in self.kinds if kind in WebhookKind.values]


class WebhookState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    DELIVERED = "delivered", "Delivered"
    GIVEN_UP = "given_up", "Given up"


class WebhookDelivery(models.Model):
    """One thing that a webhook is told, once; tried again until the receiver takes it, or given up."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=20, choices=WebhookKind.choices)
    study = models.UUIDField(null=True, help_text="The study's public id; none in a test")
    about = models.CharField(max_length=80, blank=True, default="", help_text="What of the study, by its id")
    why = models.CharField(max_length=64, blank=True, default="", help_text="A code; never a sentence")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=10, choices=WebhookState.choices, default=WebhookState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="The last answer's status code")
    words = models.CharField(max_length=200, blank=True, default="", help_text="What came of the last try")

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "kind", "study", "about"], name="webhook_told_once")
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"], name="webhook_due"),
            models.Index(fields=["study", "kind"], name="webhook_study"),
        ]

    def __str__(self) -> str:
        return f"webhook delivery {self.public_id}"

"""Films that somebody has dropped and not sent yet: one draft of a person in a clinic, a row a film.

    DRAFT ──Send──▶ SENDING ──filed, or waits for a person──▶ SENT
      ▲                │
      └──not taken─────┘          REFUSED: no film of ours; its bytes were not kept

Work of one person, which nobody else sees and which goes after some days: no part of the record. What was
sent is.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models.study import Study


class BatchState(models.TextChoices):
    DRAFT = "draft", "Not sent yet"
    REFUSED = "refused", "Not taken"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"


class Batch(models.Model):
    """The draft of one person. Its row is locked by whoever changes its films."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "clinic"], name="batch_one_a_person")]
        indexes = [models.Index(fields=["changed_at"], name="batch_changed")]

    def __str__(self) -> str:
        return f"batch {self.public_id}"


class BatchFilm(models.Model):
    """One film of a draft, and what was typed about it, word for word: it is read when it is sent."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="films")
    state = models.CharField(max_length=8, choices=BatchState.choices, default=BatchState.DRAFT)
    name = models.CharField(max_length=255)
    stored = models.CharField(max_length=255, blank=True, help_text="Path below DATA_DIR")
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    media_type = models.CharField(max_length=32, blank=True)
    header = models.JSONField(default=dict, help_text="What a DICOM film says of itself")
    typed = models.JSONField(default=dict)
    shown = models.CharField(
        max_length=36, blank=True, help_text="Whom the page named for its number: a public id, or new"
    )
    told = models.CharField(
        max_length=1000, blank=True, help_text="Why it is still here, or what became of it"
    )
    tried = models.BooleanField(
        default=False, help_text="Whether Send was pressed: its gaps are told from then on"
    )
    alike = models.JSONField(default=list, help_text="Public ids of those whom its new patient resembles")
    sending = models.UUIDField(null=True, help_text="The key under which it is being sent, with its group")
    sending_at = models.DateTimeField(null=True)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, null=True, related_name="+")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["batch", "sha256"], name="batch_film_bytes")]

    def __str__(self) -> str:
        return f"film of batch {self.batch_id}"

    @property
    def is_dicom(self) -> bool:
        return self.media_type == "application/dicom"

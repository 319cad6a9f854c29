"""Films that wait for a person because their header contradicts what is on record."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.patient import Patient
from diagnosis.models.scan import Scan
from diagnosis.models.study import Door, Study
from diagnosis.models.uid import UID_LENGTH


class HeldWhy(models.TextChoices):
    """What contradicts what."""

    OTHER_PERSON = "other_person", "The number is on record for somebody else"
    OTHER_STUDY = "other_study", "The study is on record for another patient"
    NO_NUMBER = "no_number", "The film names no patient"


class HeldOutcome(models.TextChoices):
    """How a person settled it."""

    WAITING = "", "Waiting"
    FILED = "filed", "Filed"
    REJECTED = "rejected", "Rejected"


class HeldFilm(models.Model):
    """A film on disk that belongs to no study yet: a person says whose it is, or rejects it."""

    AUDITED = Audited(
        "held_film",
        (
            "clinic", "why", "original_name", "original", "sha256", "size_bytes", "media_type", "width",
            "height", "sop_instance_uid", "study_instance_uid", "header", "said", "patient", "study", "door",
            "sender", "received_at", "outcome", "settled_at", "settled_by", "reason", "scan",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="held_films")
    why = models.CharField(max_length=16, choices=HeldWhy.choices, editable=False)
    original_name = models.CharField(max_length=255, editable=False)
    original = models.CharField(max_length=255, editable=False, help_text="Path below DATA_DIR")
    sha256 = models.CharField(max_length=64, editable=False)
    size_bytes = models.PositiveBigIntegerField(editable=False)
    media_type = models.CharField(max_length=32, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    sop_instance_uid = models.CharField(max_length=UID_LENGTH, editable=False)
    study_instance_uid = models.CharField(max_length=UID_LENGTH, editable=False)
    header = models.JSONField(default=dict, editable=False, help_text="What the film says of itself")
    said = models.JSONField(
        default=dict, editable=False, help_text="What its sender said of the examination besides"
    )
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, editable=False, related_name="+",
        help_text="The one on record whom it contradicts",
    )  # fmt: skip
    study = models.ForeignKey(
        Study, on_delete=models.PROTECT, null=True, editable=False, related_name="+",
        help_text="The one on record that it contradicts",
    )  # fmt: skip
    door = models.CharField(max_length=8, choices=Door.choices, editable=False)
    sender = models.CharField(max_length=40, editable=False)
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    outcome = models.CharField(
        max_length=8, choices=HeldOutcome.choices, blank=True, default="", editable=False
    )
    settled_at = models.DateTimeField(null=True, editable=False)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, default="", editable=False)
    scan = models.OneToOneField(
        Scan, on_delete=models.PROTECT, null=True, editable=False, related_name="held_before"
    )

    class Meta:
        ordering = ["received_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "sha256"], name="held_film_once"),
        ]
        indexes = [models.Index(fields=["clinic", "outcome", "received_at"], name="held_film_waiting")]

    def __str__(self) -> str:
        return f"held film {self.public_id}"

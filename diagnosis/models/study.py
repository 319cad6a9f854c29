"""A visit to the X-ray room (Study) and each film of it (Scan).

    QUEUED ──claim──▶ ANALYSING ──▶ ANALYSED
      ▲                  │ ├──────▶ REFUSED(reason)   not a usable chest film; send another
      │                  │ └──────▶ FAILED(reason)    our fault; can be tried again
      ├──sweeper: worker died─┘         │
      └──────────────retry──────────────┘

The state is kept here, never in Celery: brokers lose messages, rows do not.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models.patient import Patient


class PcrResult(models.TextChoices):
    UNKNOWN = "unknown", "Not known"
    PENDING = "pending", "Taken, waiting"
    POSITIVE = "positive", "Positive"
    NEGATIVE = "negative", "Negative"


class Door(models.TextChoices):
    """How a study came in."""

    BROWSER = "browser", "Browser"
    API = "api", "API"
    DEMO = "demo", "Demonstration"


class StudyState(models.TextChoices):
    """The sum of the study's scans, kept on its row so that the worklist is one query."""

    EMPTY = "empty", "No film yet"
    WAITING = "waiting", "Being analysed"
    TO_REVIEW = "to_review", "To review"
    PROBLEM = "problem", "Needs attention"
    REVIEWED = "reviewed", "Reviewed"


class Finding(models.TextChoices):
    """The findings that a person or the network can name; the same codes as in `cnn.findings`."""

    COVID19 = "covid19", "COVID-19"
    PNEUMONIA = "pneumonia", "Pneumonia"
    NORMAL = "normal", "Normal"
    OTHER = "other", "Other finding"


class Triage(models.TextChoices):
    """The network's triage, from its probability of an abnormal film."""

    PATHOLOGICAL = "pathological", "Pathological"
    UNSURE = "unsure", "Unsure"
    NORMAL = "normal", "Normal"


class Study(models.Model):
    """One examination of a patient, with its films."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="studies")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="studies")
    accession_number = models.CharField(max_length=64, blank=True, db_index=True)
    taken_at = models.DateTimeField("taken", default=timezone.now)
    reason = models.CharField("reason for the examination", max_length=500, blank=True)
    symptoms = models.CharField(max_length=500, blank=True)
    symptoms_onset = models.DateField("symptoms since", null=True, blank=True)
    pcr_result = models.CharField(
        "PCR result", max_length=8, choices=PcrResult.choices, default=PcrResult.UNKNOWN
    )
    urgent = models.BooleanField(default=False)
    door = models.CharField(max_length=8, choices=Door.choices, default=Door.BROWSER, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    # What the worklist sorts and filters by; only services.worklist.refresh writes these.
    state = models.CharField(
        max_length=10, choices=StudyState.choices, default=StudyState.EMPTY, editable=False
    )
    rank = models.PositiveSmallIntegerField(default=5, editable=False)
    network_finding = models.CharField(max_length=10, choices=Finding.choices, blank=True, editable=False)
    network_triage = models.CharField(max_length=12, choices=Triage.choices, blank=True, editable=False)
    network_probability = models.FloatField(null=True, editable=False)
    doctor_finding = models.CharField(max_length=10, choices=Finding.choices, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "studies"
        ordering = ["rank", "-created_at", "-id"]
        indexes = [
            models.Index(fields=["clinic", "rank", "-created_at", "-id"], name="study_worklist"),
            models.Index(
                fields=["clinic", "state", "rank", "-created_at", "-id"], name="study_worklist_state"
            ),
            models.Index(fields=["patient", "-taken_at"], name="study_patient_time"),
        ]

    def __str__(self) -> str:
        return f"study {self.public_id}"


class ScanStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    ANALYSING = "analysing", "Being analysed"
    ANALYSED = "analysed", "Analysed"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"


FINAL_STATUSES = (ScanStatus.ANALYSED, ScanStatus.REFUSED, ScanStatus.FAILED)


class Projection(models.TextChoices):
    PA = "PA", "PA"
    AP = "AP", "AP"
    UNKNOWN = "", "Not known"


class Scan(models.Model):
    """One film: the file as received, and the state of its analysis."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="scans")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="scans")
    original_name = models.CharField(max_length=255)
    original = models.CharField(max_length=255, editable=False, help_text="Path below DATA_DIR")
    sha256 = models.CharField(max_length=64, editable=False)
    size_bytes = models.PositiveBigIntegerField(editable=False)
    media_type = models.CharField(max_length=32, editable=False)
    width = models.PositiveIntegerField(editable=False, help_text="Pixels, as stored in the file")
    height = models.PositiveIntegerField(editable=False)
    projection = models.CharField(max_length=2, choices=Projection.choices, blank=True)
    is_phantom = models.BooleanField(
        default=False, editable=False, help_text="Drawn by code; no person's chest"
    )
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    status = models.CharField(
        max_length=10, choices=ScanStatus.choices, default=ScanStatus.QUEUED, editable=False
    )
    reason_code = models.CharField(max_length=32, blank=True, editable=False)
    reason = models.CharField(max_length=500, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    enqueued_at = models.DateTimeField(default=timezone.now, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    # A person has seen that this film was refused or failed, and that it needs no further action.
    set_aside_at = models.DateTimeField(null=True, editable=False)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    display = models.CharField(max_length=255, blank=True, editable=False, help_text="Path below DATA_DIR")
    thumbnail = models.CharField(max_length=255, blank=True, editable=False, help_text="Path below DATA_DIR")

    class Meta:
        ordering = ["received_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "sha256"], name="scan_bytes_unique_in_clinic")
        ]
        indexes = [models.Index(fields=["status", "enqueued_at"], name="scan_status_enqueued")]

    def __str__(self) -> str:
        return f"scan {self.public_id}"

    @property
    def is_final(self) -> bool:
        return self.status in FINAL_STATUSES

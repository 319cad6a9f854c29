"""Each film (Scan) of a visit to the X-ray room.

    QUEUED ──claim──▶ ANALYSING ──▶ ANALYSED
      ▲                  │ ├──────▶ REFUSED(reason)   not a usable chest film, says this network
      │                  │ └──────▶ FAILED(reason)    our fault; can be tried again
      ├──sweeper: worker died─┘         │
      └──────────────retry──────────────┘

The state is kept here, never in Celery: brokers lose messages, rows do not.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.study import Study
from diagnosis.models.uid import UID_LENGTH, new_uid


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

    AUDITED = Audited(
        "scan",
        (
            "study", "clinic", "original_name", "original", "sha256", "size_bytes", "media_type", "width",
            "height", "projection", "sop_instance_uid", "series_instance_uid", "header",
            "is_phantom", "received_at", "sender", "set_aside_at", "set_aside_by",
            "set_aside_reason", "correction_undone_at", "correction_undone_by", "appealed_at", "appealed_by",
        ),
        left_out=(
            "status", "reason_code", "reason", "attempts", "enqueued_at", "claimed_at", "finished_at",
            "display", "thumbnail", "pixel_rule", "refused_by", "reason_confidence", "shown_corrections",
        ),
    )  # fmt: skip

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
    sop_instance_uid = models.CharField(
        "SOP instance UID", max_length=UID_LENGTH, default=new_uid, editable=False
    )
    series_instance_uid = models.CharField(max_length=UID_LENGTH, default=new_uid, editable=False)
    header = models.JSONField(default=dict, editable=False, help_text="What a DICOM film says of itself")
    is_phantom = models.BooleanField(
        default=False, editable=False, help_text="Drawn by code; no person's chest"
    )
    sender = models.CharField(max_length=40, editable=False, help_text="Whose line in the queue it stands in")
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    status = models.CharField(
        max_length=10, choices=ScanStatus.choices, default=ScanStatus.QUEUED, editable=False
    )
    reason_code = models.CharField(max_length=32, blank=True, editable=False)
    reason = models.CharField(max_length=500, blank=True, editable=False)
    reason_confidence = models.FloatField(
        null=True, editable=False, help_text="How sure the checks were of the refusal, 0 to 1"
    )
    refused_by = models.ForeignKey(
        "diagnosis.ModelVersion",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text="The network that was active when the film was refused",
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    enqueued_at = models.DateTimeField(default=timezone.now, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    # A person has seen that this film was refused or failed and needs no further action, or has taken an
    # analysed one out of its study, with a reason.
    set_aside_at = models.DateTimeField(null=True, editable=False)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    set_aside_reason = models.CharField(max_length=500, blank=True, default="", editable=False)
    # Somebody says that the network refused a frontal chest film: it is kept for training the next one.
    appealed_at = models.DateTimeField(null=True, editable=False)
    appealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    # Somebody says that the film came as it should: it is shown so, and what a network said of it corrected
    # does not count any more.
    correction_undone_at = models.DateTimeField(null=True, editable=False)
    correction_undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    shown_corrections = models.JSONField(
        default=list, editable=False, help_text="What was put right in its display image, by code"
    )
    display = models.CharField(max_length=255, blank=True, editable=False, help_text="Path below DATA_DIR")
    thumbnail = models.CharField(max_length=255, blank=True, editable=False, help_text="Path below DATA_DIR")
    pixel_rule = models.JSONField(
        default=dict, editable=False, help_text="Which rule made grey levels of its stored values"
    )

    class Meta:
        ordering = ["received_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "sha256"], name="scan_bytes_unique_in_clinic"),
            models.UniqueConstraint(fields=["clinic", "sop_instance_uid"], name="scan_instance_uid_once"),
        ]
        indexes = [
            models.Index(fields=["status", "enqueued_at"], name="scan_status_enqueued"),
            models.Index(fields=["finished_at"], name="scan_finished"),
            models.Index(fields=["status", "clinic", "sender", "enqueued_at"], name="scan_queue_lines"),
        ]

    def __str__(self) -> str:
        return f"scan {self.public_id}"

    @property
    def is_final(self) -> bool:
        return self.status in FINAL_STATUSES

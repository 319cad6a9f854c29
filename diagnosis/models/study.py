"""A visit to the X-ray room (Study)."""

import uuid
from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.finding import Finding, Triage
from diagnosis.models.keyed import Keyed, KeyField
from diagnosis.models.operating_point import Standing
from diagnosis.models.patient import Patient
from diagnosis.models.uid import UID_LENGTH, new_uid

FINEST = 30_000  # steps of a score that `place` tells apart


class PcrResult(models.TextChoices):
    UNKNOWN = "unknown", "Not known"
    PENDING = "pending", "Taken, waiting"
    POSITIVE = "positive", "Positive"
    NEGATIVE = "negative", "Negative"


class Door(models.TextChoices):
    """How a study came in."""

    BROWSER = "browser", "Browser"
    API = "api", "API"
    DICOMWEB = "dicomweb", "DICOMweb"
    DICOM = "dicom", "X-ray machine"
    DEMO = "demo", "Demonstration"


class StudyState(models.TextChoices):
    """The sum of the study's scans, kept on its row so that the worklist is one query."""

    EMPTY = "empty", "No film yet"
    WAITING = "waiting", "Being analysed"
    TO_REVIEW = "to_review", "To review"
    PROBLEM = "problem", "Needs attention"
    REVIEWED = "reviewed", "Reviewed"
    DISMISSED = "dismissed", "All films dismissed"
    CANCELLED = "cancelled", "Cancelled"


DONE_STATES: Final = (StudyState.REVIEWED, StudyState.DISMISSED, StudyState.CANCELLED)  # they wait for nobody


class Study(Keyed):
    """One examination of a patient, with its films."""

    AUDITED = Audited(
        "study",
        (
            "clinic", "patient", "accession_number", "instance_uid", "taken_at", "reason", "symptoms",
            "symptoms_onset", "pcr_result", "urgent", "door", "created_at", "created_by", "cancelled_at",
            "cancelled_by", "cancelled_reason", "assigned_to",
        ),
        left_out=(
            "accession_key", "changed_at",
            "state", "rank", "network_finding", "network_triage", "network_probability", "doctor_finding",
            "films_counted", "films_read", "place", "network_standing", "done_at",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="studies")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="studies")
    accession_number = models.CharField(max_length=64, blank=True)
    accession_key = KeyField(of="accession_number")
    instance_uid = models.CharField(
        "study instance UID", max_length=UID_LENGTH, default=new_uid, editable=False,
        help_text="As its films came with it, or made here",
    )  # fmt: skip
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

    # Entered by mistake; the study stays on record and leaves the worklist.
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    cancelled_reason = models.CharField(max_length=500, blank=True, default="", editable=False)

    # Whose it is to read; anybody else may, too.
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+",
        db_index=False,
    )  # fmt: skip

    # Raised by worklist.refresh and with each correction, of the patient too.
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    # What the worklist sorts and filters by; only services.worklist.refresh writes these.
    state = models.CharField(
        max_length=10, choices=StudyState.choices, default=StudyState.EMPTY, editable=False
    )
    rank = models.PositiveSmallIntegerField(default=5, editable=False)
    place = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Within its rank: by score where no limits count, else 0"
    )
    network_finding = models.CharField(max_length=10, choices=Finding.choices, blank=True, editable=False)
    network_triage = models.CharField(max_length=12, choices=Triage.choices, blank=True, editable=False)
    network_standing = models.CharField(max_length=9, choices=Standing.choices, blank=True, editable=False)
    network_probability = models.FloatField(null=True, editable=False)
    doctor_finding = models.CharField(max_length=10, choices=Finding.choices, blank=True, editable=False)
    films_counted = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Its films but those that were dismissed"
    )
    films_read = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Those of them that a doctor has signed as they stand"
    )
    done_at = models.DateTimeField(null=True, editable=False, help_text="When its last film was read")

    class Meta:
        verbose_name_plural = "studies"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "instance_uid"], name="study_instance_uid_once")
        ]
        indexes = [
            models.Index(fields=["clinic", "rank", "place", "created_at", "id"], name="study_worklist"),
            models.Index(
                fields=["clinic", "state", "rank", "place", "created_at", "id"], name="study_worklist_state"
            ),
            models.Index(fields=["patient", "-taken_at"], name="study_patient_time"),
            # The done ones by what they are narrowed to; the order is always the index's own.
            models.Index(fields=["clinic", "rank", "taken_at", "id"], name="study_rank_taken"),
            models.Index(
                fields=["clinic", "network_finding", "rank", "place", "created_at", "id"],
                name="study_network_finding",
            ),
            models.Index(
                fields=["clinic", "doctor_finding", "rank", "place", "created_at", "id"],
                name="study_doctor_finding",
            ),
            models.Index(
                fields=["clinic", "created_by", "rank", "place", "created_at", "id"], name="study_entered_by"
            ),
            models.Index(fields=["clinic", "done_at", "id"], name="study_done"),
            models.Index(fields=["assigned_to", "rank"], name="study_assigned"),
            models.Index(fields=["clinic", "accession_key"], name="study_clinic_accession"),
            models.Index(fields=["clinic", "changed_at", "id"], name="study_clinic_changed"),
        ]

    def __str__(self) -> str:
        return f"study {self.public_id}"

    @property
    def withheld(self) -> bool:
        """Whether the network decides nothing about it, for want of limits that count."""
        return self.network_standing in (Standing.PROBATION, Standing.WITHDRAWN)

    @property
    def score(self) -> float | None:
        """The probability of an abnormal film by which it is ordered; None where limits decide its place."""
        return 1 - (self.place - 1) / FINEST if self.place else None

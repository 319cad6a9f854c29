"""That a study is to be read by another clinic: each step with its time, and what was asked on the way."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.reading_agreement import ReadingAgreement
from diagnosis.models.study import Study


class ReferralState(models.TextChoices):
    REQUESTED = "requested", "Asked for"
    ACCEPTED = "accepted", "Accepted"
    RETURNED = "returned", "Read and returned"
    DECLINED = "declined", "Declined"
    PASSED_ON = "passed_on", "Passed on"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Referral(models.Model):
    """A study of `clinic` that `reading_clinic` is to read. `is_open`: True or NULL, one at once for a study.

    `read_at`: when a doctor of the reading clinic had signed its last film; since then it stays readable to
    both. `asked_by`: nobody where the agreement covers the study by itself. `passed_from`: the referral
    that a reading clinic passed on.
    """

    AUDITED = Audited(
        "referral",
        (
            "study", "clinic", "reading_clinic", "agreement", "passed_from", "question", "asked_by",
            "asked_at", "accepted_by", "accepted_at", "read_at", "returned_at", "state", "is_open",
            "closed_by", "closed_at", "closed_reason",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="referrals")
    # No constraint: it would have the database lock the clinics' rows after the study's.
    clinic = models.ForeignKey(
        Clinic, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    reading_clinic = models.ForeignKey(
        Clinic, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    agreement = models.ForeignKey(ReadingAgreement, on_delete=models.PROTECT, related_name="referrals")
    passed_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="passed_to", editable=False
    )
    question = models.CharField(max_length=500, blank=True, default="", help_text="Asked of the reader")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    returned_at = models.DateTimeField(null=True, editable=False)
    state = models.CharField(max_length=9, choices=ReferralState.choices, default=ReferralState.REQUESTED)
    is_open = models.BooleanField(null=True, default=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["study", "is_open"], name="one_open_referral")]
        indexes = [
            models.Index(fields=["reading_clinic", "is_open", "clinic"], name="referral_to_read"),
            models.Index(fields=["reading_clinic", "study"], name="referral_reader_study"),
            models.Index(fields=["is_open", "agreement"], name="referral_open_agreement"),
            models.Index(fields=["clinic", "-id"], name="referral_clinic_newest"),
        ]

    def __str__(self) -> str:
        return f"referral {self.public_id}"


class Inquiry(models.Model):
    """A question that a reading doctor sends back about a study, and its answer."""

    AUDITED = Audited(
        "inquiry",
        ("referral", "study", "question", "asked_by", "asked_at", "answer", "answered_by", "answered_at"),
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="inquiries")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="inquiries")
    question = models.CharField(max_length=1000)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    answer = models.CharField(max_length=1000, blank=True, default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "inquiries"

    def __str__(self) -> str:
        return f"inquiry {self.public_id}"

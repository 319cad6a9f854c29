"""A second doctor's reading of a signed study, and a third's where the two differ."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.finding import Finding
from diagnosis.models.first_read import FirstRead
from diagnosis.models.study import Study


class AskedWhy(models.TextChoices):
    NAMED = "named", "asked for"
    DIFFERS = "differs", "the doctor signed another finding than the network’s"
    TRAINEE = "trainee", "signed by a doctor in training"
    SHARE = "share", "chosen by chance"


class SecondState(models.TextChoices):
    WAITS = "waits", "Waits for a second reader"
    DIFFERS = "differs", "Two readers differ: waits for a third"
    AGREED = "agreed", "Second reader agrees"
    SETTLED = "settled", "Third reader decided"
    WITHDRAWN = "withdrawn", "Not needed any more"


class SecondReading(models.Model):
    """What was asked, by whom, and what came of it. `is_open`: True or NULL, so that a study has one at once.

    `second`: the second reader's word, blind to the first. The first signature stands meanwhile.
    """

    AUDITED = Audited(
        "second_reading",
        (
            "clinic", "study", "why", "asked_by", "asked_of", "asked_at", "first_doctor", "first_finding",
            "second", "third_doctor", "third_finding", "state", "is_open", "closed_at",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # No constraint: it would have the database lock the clinic's row after the study's.
    clinic = models.ForeignKey(
        Clinic,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        editable=False,
    )
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="second_readings")
    why = models.CharField(max_length=8, choices=AskedWhy.choices)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    first_doctor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    first_finding = models.CharField(max_length=10, choices=Finding.choices, blank=True)
    second = models.OneToOneField(FirstRead, on_delete=models.PROTECT, null=True, related_name="+")
    third_doctor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    third_finding = models.CharField(max_length=10, choices=Finding.choices, blank=True)
    state = models.CharField(max_length=9, choices=SecondState.choices, default=SecondState.WAITS)
    is_open = models.BooleanField(null=True, default=True)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["study", "is_open"], name="one_open_second_reading")]
        indexes = [models.Index(fields=["clinic", "is_open", "state"], name="second_reading_open")]

    def __str__(self) -> str:
        return f"second reading {self.public_id}"

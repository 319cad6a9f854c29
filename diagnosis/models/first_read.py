"""A doctor's word about a study, given before any answer of a network and any colleague's word."""

import uuid
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import AppendOnlyModel, Audited
from diagnosis.models.finding import Finding
from diagnosis.models.study import Study

ZONES: Final = ("A", "B", "C", "D", "E", "F")
"""Of the lungs, upper to lower: A, B, C of the patient's right lung, D, E, F of the left one."""


class ReadStage(models.TextChoices):
    FIRST = "first", "First read"
    SECOND = "second", "Second read"


class FirstRead(AppendOnlyModel):
    """A doctor's first word about a study; one for each doctor, whatever they sign afterwards.

    `blind_to`: the results that were there and were not shown. `seen_before`: whether the doctor may have
    seen them all the same, before the clinic's rule or before a second reader was asked for.
    """

    AUDITED = Audited(
        "first_read",
        (
            "study", "doctor", "stage", "finding", "zones", "blind_to", "seen_before", "opened_at",
            "given_at",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="first_reads")
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=6, choices=ReadStage.choices)
    finding = models.CharField(
        max_length=10, choices=Finding.choices, blank=True, help_text="Empty: the doctor cannot say"
    )
    zones = models.JSONField(default=dict, help_text="Grades 0 to 3 by zone, A to F; those that were given")
    blind_to = models.JSONField(default=list, help_text="Public ids of the results that were not shown")
    seen_before = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    given_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["study", "doctor"], name="one_first_read_a_doctor")]

    def __str__(self) -> str:
        return f"first read {self.public_id}"

    @property
    def total(self) -> int | None:
        """The sum of the six zones, 0 to 18; None unless all were graded."""
        return sum(self.zones.values()) if len(self.zones) == len(ZONES) else None

    @property
    def in_zones(self) -> str:
        """The grades as they are written: "7 [2 1 1 1 1 1]", with a dash for a zone without one."""
        if not self.zones:
            return ""
        grades = " ".join(str(self.zones.get(zone, "–")) for zone in ZONES)
        return f"{'–' if self.total is None else self.total} [{grades}]"

    @property
    def said(self) -> str:
        return str(self.get_finding_display()) if self.finding else "Cannot say"

    @property
    def took(self) -> timedelta:
        return self.given_at - self.opened_at

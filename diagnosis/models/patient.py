"""Patients."""

import uuid
from datetime import date

from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis import births, spelling
from diagnosis.models.keyed import Keyed, KeyField


class Sex(models.TextChoices):
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Unknown"


class Patient(Keyed):
    """A patient of one clinic, identified there by number; spelt as typed, compared and found by key."""

    AUDITED = Audited(
        "patient",
        (
            "clinic",
            "number",
            "first_name",
            "last_name",
            "birth_date",
            "birth_estimated",
            "sex",
            "merged_into",
            "created_at",
        ),
        left_out=("number_key", "number_look", "first_name_key", "last_name_key"),
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    number = models.CharField("patient number", max_length=64)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    # Null, not "", where nothing is known; its text is sealed as a whole date's always was.
    birth_date = models.CharField(max_length=births.LONGEST, null=True, blank=True)  # noqa: DJ001  (None: not known)
    birth_estimated = models.BooleanField(default=False)
    sex = models.CharField(max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged"
    )
    number_key = KeyField(of="number")
    number_look = KeyField(of="number", made_by=spelling.look)
    first_name_key = KeyField(of="first_name")
    last_name_key = KeyField(of="last_name")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "number_key"], name="patient_number_key_unique")
        ]
        indexes = [
            models.Index(fields=["clinic", "last_name_key"], name="patient_clinic_name_key"),
            models.Index(fields=["clinic", "number_look"], name="patient_clinic_number_look"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.full_name}".strip()

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def born(self) -> str:
        """What is known of the birth date, in words; empty if nothing is."""
        return births.in_words(self.birth_date, estimated=self.birth_estimated)

    def age_on(self, day: date) -> str:
        """Age in whole years on a day, "about 65" where that is open; empty if unknown."""
        return births.age_on(self.birth_date, day, estimated=self.birth_estimated)

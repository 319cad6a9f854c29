"""Patients."""

import uuid
from datetime import date

from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic


class Sex(models.TextChoices):
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Unknown"


class Patient(models.Model):
    """A patient of one clinic, identified there by number."""

    AUDITED = Audited(
        "patient", ("clinic", "number", "first_name", "last_name", "birth_date", "sex", "created_at")
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    number = models.CharField("patient number", max_length=64)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "number"], name="patient_number_unique_in_clinic")
        ]
        indexes = [models.Index(fields=["clinic", "last_name"], name="patient_clinic_last_name")]

    def __str__(self) -> str:
        return f"{self.number} {self.full_name}".strip()

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def age_on(self, day: date) -> int | None:
        """Age in whole years on a day, or None if the birth date is unknown."""
        if self.birth_date is None:
            return None
        born = self.birth_date
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

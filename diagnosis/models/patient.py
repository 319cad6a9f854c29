"""Patients."""

import uuid
from datetime import date
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis import births, spelling
from diagnosis.models.keyed import Keyed, KeyedQuerySet, KeyField
from diagnosis.models.patient_word import FOUND_BY, Found, write_words


class Sex(models.TextChoices):
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Unknown"


class PatientQuerySet(KeyedQuerySet):
    """Keeps the words right, too, in changes of many rows."""

    def update(self, **values: Any) -> int:
        if not set(values) & set(FOUND_BY):
            return super().update(**values)
        with transaction.atomic(using=self.db):
            keys = list(self.values_list("pk", flat=True))
            changed = super().update(**values)
            write_words(Patient.objects.filter(pk__in=keys))
        return changed

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        with transaction.atomic(using=self.db):
            made = super().bulk_create(objs, *args, **kwargs)
            # MySQL does not tell the numbers of rows that it wrote together
            write_words(Patient.objects.filter(public_id__in=[patient.public_id for patient in made]))
        return made


class Patient(Found, Keyed):
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

    objects = PatientQuerySet.as_manager()  # type: ignore[misc]  # as Django means it

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "number_key"], name="patient_number_key_unique")
        ]
        indexes = [
            models.Index(fields=["clinic", "last_name_key"], name="patient_clinic_name_key"),
            models.Index(fields=["clinic", "number_look"], name="patient_clinic_number_look"),
            models.Index(fields=["clinic", "birth_date"], name="patient_clinic_born"),
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

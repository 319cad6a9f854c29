"""Clinics, to which every record belongs."""

import uuid

from django.db import models
from django.utils import timezone


class Clinic(models.Model):
    """The tenant: every patient, study and scan belongs to one clinic and is invisible to the others."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200, unique=True)
    second_factor_required = models.BooleanField(
        "second factor", default=False, help_text="Everybody in this clinic needs one to sign in."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

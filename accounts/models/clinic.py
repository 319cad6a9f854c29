"""Clinics, to which every record belongs."""

import uuid
import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from accounts.models.audited import Audited


def is_time_zone(name: str) -> None:
    """Raise ValidationError unless this names a time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "%(name)s is no time zone. Write it as Area/City, for example Europe/Berlin.",
            params={"name": name},
        )


class Paper(models.TextChoices):
    """What the clinic prints on."""

    A4 = "a4", "A4"
    LETTER = "letter", "Letter"


class Clinic(models.Model):
    """The tenant: every patient, study and scan belongs to one clinic and is invisible to the others."""

    AUDITED = Audited(
        "clinic",
        (
            "name", "time_zone", "second_factor_required", "mails_refusals", "created_at", "address", "logo",
            "paper", "network_in_report",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200, unique=True)
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[is_time_zone],
        help_text="As Area/City, for example Europe/Berlin; empty: the installation's",
    )
    second_factor_required = models.BooleanField(
        "second factor", default=False, help_text="Everybody in this clinic needs one to sign in."
    )
    mails_refusals = models.BooleanField(
        "mail about refused films",
        default=False,
        help_text="Whoever sent a film in the browser is mailed if it is refused.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The head of its reports, and what stands in them.
    address = models.TextField(blank=True, default="")
    logo = models.CharField(
        max_length=255, blank=True, default="", editable=False, help_text="Path below DATA_DIR"
    )
    paper = models.CharField(max_length=6, choices=Paper.choices, default=Paper.A4)
    network_in_report = models.BooleanField(
        "network in reports", default=True, help_text="Whether reports tell what the network said."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone of the clinic's clocks."""
        return zoneinfo.ZoneInfo(self.time_zone or settings.TIME_ZONE)

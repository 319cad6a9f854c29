"""That one clinic reads the films of another: asked for, accepted, ended, by whom and when."""

import uuid
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Audited, Clinic


class Covers(models.TextChoices):
    """Which studies the reading clinic is given."""

    ALL = "all", "All studies"
    URGENT = "urgent", "Urgent studies, and those that are asked for"
    ASKED = "asked", "Only those that are asked for"


class AgreementState(models.TextChoices):
    ASKED = "asked", "Waits for the other clinic"
    AGREED = "agreed", "Agreed"
    DECLINED = "declined", "Declined"
    ENDED = "ended", "Ended"


class ReadingAgreement(models.Model):
    """`clinic` sends, `reading_clinic` reads. `is_open`: True or NULL, so that two clinics have one at once.

    Hours of service without a time are the whole day, and may go past midnight; they tell people when an
    answer can be expected, and decide nothing. Both days count; no last day: until somebody ends it.
    """

    AUDITED = Audited(
        "reading_agreement",
        (
            "clinic", "reading_clinic", "covers", "first_day", "last_day", "hours_from", "hours_to",
            "urgent_minutes", "routine_minutes", "state", "is_open", "asked_by", "asked_at", "decided_by",
            "decided_at", "declined_reason", "ended_by", "ended_at",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="agreements_to_be_read")
    reading_clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="agreements_to_read")
    covers = models.CharField(max_length=6, choices=Covers.choices, default=Covers.ALL)
    first_day = models.DateField()
    last_day = models.DateField(null=True, blank=True)
    hours_from = models.TimeField(null=True, blank=True)
    hours_to = models.TimeField(null=True, blank=True)
    urgent_minutes = models.PositiveIntegerField(default=30, help_text="Target time for urgent studies")
    routine_minutes = models.PositiveIntegerField(default=240, help_text="Target time for the others")
    state = models.CharField(max_length=8, choices=AgreementState.choices, default=AgreementState.ASKED)
    is_open = models.BooleanField(null=True, default=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, editable=False)
    declined_reason = models.CharField(max_length=500, blank=True, default="")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "reading_clinic", "is_open"], name="one_open_agreement_of_two_clinics"
            ),
            models.CheckConstraint(
                condition=~Q(clinic=models.F("reading_clinic")), name="agreement_of_two_clinics"
            ),
        ]

    def __str__(self) -> str:
        return f"reading agreement {self.public_id}"

    def in_force_on(self, day: date) -> bool:
        """Whether it counts on this day."""
        begun = self.state == AgreementState.AGREED and self.first_day <= day
        return begun and (self.last_day is None or day <= self.last_day)

    @property
    def in_force(self) -> bool:
        return self.in_force_on(today())

    def reads_again(self, now: datetime) -> datetime | None:
        """When the hours of service begin again, by the reading clinic's clock; None within them."""
        if self.hours_from is None or self.hours_to is None:
            return None
        there = now.astimezone(self.reading_clinic.zone)
        begun, ended = there.time() >= self.hours_from, there.time() >= self.hours_to
        past_midnight = self.hours_to < self.hours_from
        if (begun or not ended) if past_midnight else (begun and not ended):
            return None
        day = there.date() + timedelta(days=begun)
        return datetime.combine(day, self.hours_from, there.tzinfo)


def today() -> date:
    """The day by the portal's own clock, wherever its reader is: for both clinics, and for what happens by
    itself, an agreement begins and ends at one moment.
    """
    return timezone.localdate(timezone=timezone.get_default_timezone())


def in_force(prefix: str = "") -> Q:
    """The agreements that count today, for a query; `prefix`: the way to them, such as "agreement__"."""
    day = today()
    return Q(
        Q(**{f"{prefix}last_day": None}) | Q(**{f"{prefix}last_day__gte": day}),
        **{f"{prefix}state": AgreementState.AGREED, f"{prefix}first_day__lte": day},
    )

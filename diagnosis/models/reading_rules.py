"""What a clinic asks of its readings: blind first words, second readers, and how long a study may wait."""

import uuid

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.finding import Finding

URGENT_MINUTES, ROUTINE_MINUTES = 30, 240
CRITICAL_MINUTES = 30


def abnormal() -> list[str]:
    """Every finding but normal."""
    return [finding.value for finding in Finding if finding != Finding.NORMAL]


class ReadingRules(models.Model):
    """A clinic's rules of reading; a clinic without a row has the defaults."""

    AUDITED = Audited(
        "reading_rules",
        (
            "clinic", "blind_first", "blind_since", "second_share", "second_on_difference", "trainees",
            "urgent_minutes", "routine_minutes", "mails_overdue", "changed_at",
            "critical_minutes", "critical_findings", "critical_further",
        ),
        left_out=("ordered_to",),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.OneToOneField(Clinic, on_delete=models.PROTECT, related_name="reading_rules")
    blind_first = models.BooleanField(default=False, help_text="Doctors give their word before the network.")
    blind_since = models.DateTimeField(null=True, editable=False)
    second_share = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(100)], help_text="Percent of signed studies read twice"
    )
    second_on_difference = models.BooleanField(
        default=False, help_text="A second reader where the doctor signs another finding than the network's"
    )
    trainees = models.JSONField(default=list, help_text="Public ids of doctors whose studies are read twice")
    urgent_minutes = models.PositiveIntegerField(default=URGENT_MINUTES, help_text="0: never overdue")
    routine_minutes = models.PositiveIntegerField(default=ROUTINE_MINUTES, help_text="0: never overdue")
    mails_overdue = models.BooleanField(default=False)
    critical_minutes = models.PositiveIntegerField(
        default=CRITICAL_MINUTES, help_text="Until others hear of a critical result; 0: none is kept"
    )
    critical_findings = models.JSONField(default=abnormal, help_text="Critical in an urgent study")
    critical_further = models.JSONField(default=list, help_text="Further findings that are always critical")
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    ordered_to = models.PositiveBigIntegerField(
        null=True, editable=False, help_text="Up to which open study the worklist is sorted anew"
    )

    class Meta:
        verbose_name_plural = "reading rules"

    def __str__(self) -> str:
        return f"reading rules of {self.clinic}"

    @classmethod
    def of(cls, clinic_id: int | None) -> "ReadingRules":
        """The clinic's rules, or the defaults, unsaved."""
        found = cls.objects.filter(clinic=clinic_id).first()
        return found or (cls(clinic_id=clinic_id) if clinic_id else cls())

"""What became of a patient later: a test, another picture, an admission, a death."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import AppendOnlyModel, Audited
from diagnosis.models.study import Study


class OutcomeKind(models.TextChoices):
    PCR = "pcr", "PCR"
    CT = "ct", "CT"
    ADMISSION = "admission", "Admission"
    DEATH = "death", "Death"
    OTHER = "other", "Other"


class Confirms(models.TextChoices):
    """What the outcome says of the study's film, as the person who enters it judges."""

    ABNORMAL = "abnormal", "The lungs were abnormal"
    NORMAL = "normal", "The lungs were normal"
    NEITHER = "", "Says nothing of the film"


class PatientOutcome(AppendOnlyModel):
    """One outcome of a study. A correction is another row that names the one it stands for."""

    AUDITED = Audited(
        "outcome",
        (
            "study", "kind", "on", "value", "confirms", "corrects", "mistaken", "entered_by",
            "entered_name", "entered_at",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="outcomes")
    kind = models.CharField(max_length=9, choices=OutcomeKind.choices)
    on = models.DateField("date")
    value = models.CharField(max_length=200, blank=True)
    confirms = models.CharField(max_length=8, choices=Confirms.choices, blank=True)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="corrected_by", editable=False
    )
    mistaken = models.BooleanField(default=False, help_text="Takes the corrected one back; says nothing else")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_name = models.CharField(max_length=310)
    entered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"outcome {self.public_id}"

"""A report as a document: what it says, kept as it was said, and the file that was made of it."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.study import Study


class ReportKind(models.TextChoices):
    FINAL = "final", "Final"
    AMENDED = "amended", "Amended"


class ReportState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    WORKING = "working", "Being made"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Report(models.Model):
    """One issued document about a study. What it says never changes; a later word makes another one.

    Only how far its file is (`state` and what goes with it) moves; `document` is all that the file is made
    of, so that it can be made again with the same bytes.
    """

    AUDITED = Audited(
        "report",
        (
            "study", "clinic", "code", "kind", "reviews", "says", "document", "replaces", "asked_by",
            "asked_at", "sha256", "file", "made_at",
        ),
        left_out=("state", "attempts", "heard_at", "reason"),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="reports", editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="reports", editable=False)
    code = models.CharField(max_length=14, unique=True, editable=False, help_text="By which it is checked")
    kind = models.CharField(max_length=7, choices=ReportKind.choices, editable=False)
    reviews = models.JSONField(editable=False, help_text="Public ids of the reviews that it was made from")
    says = models.CharField(max_length=64, editable=False, help_text="SHA-256 of what a later one may change")
    document = models.JSONField(editable=False, help_text="What it says")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="replaced_by"
    )
    asked_by = models.CharField(max_length=254, editable=False, help_text="E-mail address or token")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, default="", editable=False)
    file = models.CharField(
        max_length=255, blank=True, default="", editable=False, help_text="Path below DATA_DIR"
    )
    made_at = models.DateTimeField(null=True, editable=False)

    state = models.CharField(
        max_length=8, choices=ReportState.choices, default=ReportState.WAITING, editable=False
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    heard_at = models.DateTimeField(null=True, editable=False, help_text="When a worker took it")
    reason = models.CharField(max_length=500, blank=True, default="", editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "asked_at"], name="report_due")]

    def __str__(self) -> str:
        return f"report {self.code}"

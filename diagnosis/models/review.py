"""Doctors' signed words about films, with or without a network's result."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import AppendOnlyModel, Audited
from diagnosis.cnn import severity
from diagnosis.imaging import marks
from diagnosis.models.finding import Finding
from diagnosis.models.further import in_words
from diagnosis.models.prediction import Prediction
from diagnosis.models.scan import Scan


class Decision(models.TextChoices):
    AGREE = "agree", "Agree with the network"
    CHANGE = "change", "Change the finding"
    REJECT = "reject", "Reject the prediction"
    READ = "read", "Name the finding, the network told none"


class Review(AppendOnlyModel):
    """A signed review. It never changes; a doctor who changes their mind signs another one.

    The signature keeps the name and the licence number of its day, whatever the account says later.
    """

    AUDITED = Audited(
        "review",
        (
            "scan", "prediction", "doctor", "signed_name", "signed_licence", "name_added_later", "decision",
            "finding", "reason", "note", "signed_at", "signature", "further", "zones", "annotations",
            "final_at",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="reviews")
    prediction = models.ForeignKey(
        Prediction,
        on_delete=models.PROTECT,
        related_name="reviews",
        null=True,
        help_text="The result that was reviewed; none where the network had given none",
    )
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    signed_name = models.CharField(max_length=310, help_text="The doctor's name when this was signed")
    signed_licence = models.CharField(
        max_length=64, blank=True, help_text="The doctor's licence number when this was signed"
    )
    name_added_later = models.BooleanField(
        default=False,
        help_text="Signed before names were kept: name and licence are those of the day of that update",
    )
    decision = models.CharField(max_length=8, choices=Decision.choices)
    finding = models.CharField(
        max_length=10, choices=Finding.choices, blank=True, help_text="The doctor's; empty where rejected"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why the prediction was rejected")
    note = models.TextField(blank=True)
    signed_at = models.DateTimeField(default=timezone.now, editable=False)
    final_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Until when the doctor could take it back; signed at once without",
    )
    signature = models.UUIDField(
        null=True, editable=False, db_index=True, help_text="Shared by the films that were signed in one act"
    )
    further = models.JSONField(
        default=list, blank=True, help_text="What else was ticked: code, side, text of each"
    )
    zones = models.JSONField(default=dict, blank=True, help_text="Grades 0 to 3 of the lung zones A to F")
    annotations = models.JSONField(default=list, blank=True, help_text="Marks and measurements on the film")

    class Meta:
        ordering = ["-signed_at", "-id"]
        indexes = [models.Index(fields=["signed_at", "doctor"], name="review_signed")]

    def __str__(self) -> str:
        return f"review {self.public_id}"

    @property
    def signed_by(self) -> str:
        """The name in the signature, and today's if the account's owner has another one by now."""
        return _then_and_now(self.signed_name, str(self.doctor))

    @property
    def changed_from(self) -> str:
        """The finding that the network had told, where the doctor signed another one; else empty."""
        if self.prediction is None or self.decision != Decision.CHANGE:
            return ""
        # Nobody signs a change to what they were shown: where it is what was told at first, the limits had
        # been withdrawn by then, and earlier releases told the likeliest class.
        same = self.prediction.told_finding == self.finding
        return str((self.prediction.likeliest if same else Finding(self.prediction.told_finding)).label)

    @property
    def further_words(self) -> list[str]:
        return in_words(self.further)

    @property
    def brixia(self) -> int | None:
        return severity.brixia(self.zones)

    @property
    def brixia_in_full(self) -> str:
        return severity.in_full(self.zones)

    @property
    def six_zone(self) -> int | None:
        return severity.six_zone(self.zones)

    @property
    def marks(self) -> list[str]:
        """What was measured and marked on the film, in words."""
        return [marks.in_words(mark) for mark in self.annotations]

    @property
    def licence(self) -> str:
        """The licence number in the signature, and today's if it is another one by now."""
        return _then_and_now(self.signed_licence, self.doctor.licence_number)


def _then_and_now(signed: str, today: str) -> str:
    return f"{signed} (now {today})" if signed and today and signed != today else signed or today

"""What was sent to which archive, film by film."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic
from diagnosis.models.dicom_node import Archive
from diagnosis.models.scan import Scan


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class Delivery(models.Model):
    """One film on its way to one archive; it is tried again until the archive says that it has it."""

    AUDITED = Audited(
        "delivery",
        ("clinic", "scan", "archive", "asked_by", "asked_at", "sop_instance_uid"),
        left_out=("state", "attempts", "next_try_at", "claimed_at", "finished_at", "reason"),
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="deliveries")
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="deliveries")
    archive = models.ForeignKey(Archive, on_delete=models.PROTECT, related_name="deliveries")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    sop_instance_uid = models.CharField(max_length=64, editable=False)
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING, editable=False
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(default=timezone.now, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=500, blank=True, default="", editable=False)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-asked_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["scan", "archive"], name="delivery_once")]
        indexes = [models.Index(fields=["state", "next_try_at"], name="delivery_due")]

    def __str__(self) -> str:
        return f"delivery {self.public_id}"

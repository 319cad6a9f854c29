"""Machines that speak DICOM with a clinic: those that send films, and archives that films are sent to."""

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from accounts.models import Audited, Clinic

is_ae_title = RegexValidator(
    r"^[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?\Z",
    "An AE title has 1 to 16 characters of ASCII, no backslash, and no space at its ends.",
)


class DicomSender(models.Model):
    """An X-ray machine that sends films to a clinic, known by its calling AE title and its address."""

    AUDITED = Audited(
        "dicom_sender", ("clinic", "ae_title", "address", "character_set", "active", "created_at")
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="dicom_senders")
    ae_title = models.CharField("AE title", max_length=16, validators=[is_ae_title])
    address = models.CharField(max_length=43, help_text="Its IP address, or a network such as 10.1.2.0/24")
    character_set = models.CharField(
        max_length=32, blank=True, default="",
        help_text="For films that name none but do not write ASCII, for example ISO_IR 100; empty: none",
    )  # fmt: skip
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "DICOM sender"
        ordering = ["ae_title", "address"]
        constraints = [models.UniqueConstraint(fields=["ae_title", "address"], name="dicom_sender_once")]

    def __str__(self) -> str:
        return f"{self.ae_title} at {self.address}"


class ArchiveProtocol(models.TextChoices):
    C_STORE = "c-store", "DICOM (C-STORE)"
    STOW = "stow", "DICOMweb (STOW-RS)"


class Archive(models.Model):
    """A PACS that a clinic's studies can be sent to."""

    AUDITED = Audited(
        "archive",
        (
            "clinic",
            "name",
            "protocol",
            "host",
            "port",
            "ae_title",
            "calling_ae_title",
            "tls",
            "url",
            "active",
        ),
        left_out=("credentials",),
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="archives")
    name = models.CharField(max_length=100)
    protocol = models.CharField(max_length=8, choices=ArchiveProtocol.choices)
    host = models.CharField(max_length=255, blank=True, default="", help_text="C-STORE: its name or address")
    port = models.PositiveIntegerField(null=True, blank=True, help_text="C-STORE: usually 104 or 11112")
    ae_title = models.CharField("AE title", max_length=16, blank=True, default="", validators=[is_ae_title])
    calling_ae_title = models.CharField(
        "our AE title", max_length=16, default="CARINA", validators=[is_ae_title]
    )
    tls = models.BooleanField("TLS", default=False)
    url = models.URLField(blank=True, default="", help_text="STOW-RS: the address that ends before /studies")
    credentials = models.CharField(
        max_length=500, blank=True, default="", help_text="STOW-RS: the Authorization header's value"
    )
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["clinic", "name"], name="archive_name_once")]

    def __str__(self) -> str:
        return self.name

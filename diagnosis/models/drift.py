"""What tells whether a clinic's films change: films' statistics, frozen windows, periods and alerts."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import AppendOnlyModel, Audited, Clinic
from diagnosis.models.model_version import ModelVersion
from diagnosis.models.scan import Scan


class DriftStatistic(models.TextChoices):
    """What is watched; the same codes as in `cnn.drift`."""

    SCORE = "score", "Probability of an abnormal film"
    UNSURE = "unsure", "Share unsure"
    REFUSED = "refused", "Share refused"
    LEVEL = "level", "Brightness"
    SPREAD = "spread", "Contrast"
    SHARPNESS = "sharpness", "Sharpness"
    GRAIN = "grain", "Grain"
    BLACK = "black", "Black pixels"
    WHITE = "white", "White pixels"
    MEGAPIXELS = "megapixels", "Size"


class FilmStatistics(AppendOnlyModel):
    """A film as the network first met it: its answer and its picture in figures; no patient data.

    NULL is what was not measured: a refused film has no score, one that could not be decoded no picture.
    """

    # No constraint: it would have the database lock the clinic's row after the study's.
    clinic = models.ForeignKey(
        Clinic, on_delete=models.PROTECT, db_constraint=False, related_name="+", editable=False
    )
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="statistics", editable=False)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", editable=False
    )
    noted_at = models.DateTimeField(default=timezone.now, editable=False)
    refused = models.BooleanField(default=False, editable=False)
    unsure = models.BooleanField(null=True, editable=False)
    score = models.FloatField(null=True, editable=False, help_text="Probability of an abnormal film")
    level = models.FloatField(null=True, editable=False, help_text="Mean, 0 black to 1 white")
    spread = models.FloatField(null=True, editable=False, help_text="Standard deviation of the levels")
    sharpness = models.FloatField(null=True, editable=False, help_text="Mean absolute Laplacian")
    grain = models.FloatField(null=True, editable=False, help_text="Standard deviation of the noise")
    black = models.FloatField(null=True, editable=False, help_text="Share of black pixels")
    white = models.FloatField(null=True, editable=False, help_text="Share of white pixels")
    megapixels = models.FloatField(null=True, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["scan", "model_version"], name="film_statistics_once")]
        indexes = [models.Index(fields=["clinic", "model_version", "id"], name="film_statistics_in_order")]

    def __str__(self) -> str:
        return f"statistics of {self.scan}"


class ReferenceWindow(AppendOnlyModel):
    """The films that later ones of a clinic are compared with, for one network; the latest row counts."""

    AUDITED = Audited(
        "reference_window",
        (
            "clinic", "model_version", "frozen_at", "frozen_by", "reason", "films", "first_at", "last_at",
            "last_row", "values",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", editable=False)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", editable=False
    )
    frozen_at = models.DateTimeField(default=timezone.now, editable=False)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text="Nobody: the portal, as soon as there were enough films",
    )
    reason = models.CharField(max_length=500, blank=True, default="", editable=False)
    films = models.PositiveIntegerField(editable=False)
    first_at = models.DateTimeField(editable=False)
    last_at = models.DateTimeField(editable=False)
    last_row = models.PositiveBigIntegerField(editable=False, help_text="The last of its films’ statistics")
    values = models.JSONField(editable=False, help_text="Each film’s values by statistic, in order")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"reference window {self.public_id}"


class DriftPeriod(AppendOnlyModel):
    """A period of films that was compared with the window, and what came out."""

    window = models.ForeignKey(
        ReferenceWindow, on_delete=models.PROTECT, related_name="periods", editable=False
    )
    number = models.PositiveIntegerField(editable=False, help_text="From 1")
    first_at = models.DateTimeField(editable=False)
    last_at = models.DateTimeField(editable=False)
    last_row = models.PositiveBigIntegerField(editable=False)
    alpha = models.FloatField(editable=False, help_text="Probability of a false crossing, of each test")
    values = models.JSONField(editable=False, help_text="What the period’s films show, by statistic")
    comparisons = models.JSONField(editable=False, help_text="By statistic and number of periods")
    compared_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["window", "number"], name="drift_period_once")]

    def __str__(self) -> str:
        return f"period {self.number} of {self.window}"


class DriftClosed(models.TextChoices):
    BACK = "back", "The films are as in the window again"
    WINDOW = "window", "The window was frozen anew"
    NETWORK = "network", "Another network is active"


class DriftAlert(models.Model):
    """A statistic of a clinic's films that left its limits: opened once, closed when it is back."""

    AUDITED = Audited(
        "drift_alert",
        (
            "window", "statistic", "opened_at", "opened_period", "horizon", "since", "before", "now",
            "acknowledged_at", "acknowledged_by", "cause", "closed_at", "closed_period", "closed_why",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    window = models.ForeignKey(
        ReferenceWindow, on_delete=models.PROTECT, related_name="alerts", editable=False
    )
    statistic = models.CharField(max_length=12, choices=DriftStatistic.choices, editable=False)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    opened_period = models.PositiveIntegerField(editable=False)
    horizon = models.PositiveSmallIntegerField(editable=False, help_text="In periods")
    since = models.DateTimeField(editable=False, help_text="The first of the films that differ")
    before = models.JSONField(editable=False, help_text="What the window shows")
    now = models.JSONField(editable=False, help_text="What the films show that opened it")
    acknowledged_at = models.DateTimeField(null=True, editable=False)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    cause = models.CharField(max_length=500, blank=True, default="", editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_period = models.PositiveIntegerField(null=True, editable=False)
    closed_why = models.CharField(
        max_length=8, choices=DriftClosed.choices, blank=True, default="", editable=False
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["closed_at", "acknowledged_at"], name="drift_alert_open")]

    def __str__(self) -> str:
        return f"alert {self.public_id}"

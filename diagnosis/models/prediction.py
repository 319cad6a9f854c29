"""A network's result for a film, with everything needed to trace how it came about."""

import uuid
from typing import Final

from django.db import models
from django.utils import timezone

from accounts.models import AppendOnlyModel, Audited
from diagnosis.models.finding import Finding, Triage
from diagnosis.models.model_version import ModelVersion
from diagnosis.models.operating_point import OperatingPoint, Origin, Standing
from diagnosis.models.scan import Scan

BURNT_IN: Final = "burnt_in_text_suspected"
HARMLESS: Final = frozenset([BURNT_IN])  # it says nothing against the network's answer


class Prediction(AppendOnlyModel):
    """A network's result, written once for each (scan, model version); a newer network adds a row.

    A class that the network was not trained for has no probability: NULL, never zero. `finding` and `triage`
    are the network's own, by the limits on its card; people are told the `shown_…` ones, which follow from
    `limits`, those in force in the clinic that day, and from nothing that came later but their withdrawal.
    """

    AUDITED = Audited(
        "prediction",
        (
            "scan", "model_version", "finding", "triage", "p_covid19", "p_pneumonia", "p_normal",
            "raw_probabilities", "operating_point", "uncertainty", "bundle_checksum", "original_sha256",
            "input_sha256", "library_versions", "timings_ms", "heatmap", "created_at", "limits",
            "told_finding", "told_triage", "quality",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="predictions")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="predictions")
    finding = models.CharField(max_length=10, choices=Finding.choices)
    triage = models.CharField(max_length=12, choices=Triage.choices)
    p_covid19 = models.FloatField("COVID-19", null=True)
    p_pneumonia = models.FloatField("pneumonia", null=True)
    p_normal = models.FloatField("normal")
    raw_probabilities = models.JSONField(help_text="Before calibration, by finding")
    operating_point = models.JSONField(help_text="The thresholds that made the triage")
    uncertainty = models.JSONField(
        default=dict,
        help_text="How the network wobbles between looks at the film, and whether the film is strange to it",
    )
    bundle_checksum = models.CharField(max_length=64)
    original_sha256 = models.CharField(max_length=64)
    input_sha256 = models.CharField(max_length=64, help_text="Of the bytes that the network saw")
    library_versions = models.JSONField()
    timings_ms = models.JSONField(help_text="Milliseconds a step")
    heatmap = models.CharField(max_length=255, blank=True, help_text="Path below DATA_DIR")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    limits = models.ForeignKey(
        OperatingPoint,
        on_delete=models.PROTECT,
        null=True,
        related_name="predictions",
        help_text="In force in the clinic when this was made; none on probation",
    )
    quality = models.JSONField(
        default=dict, help_text="What the checks corrected and what they warn of, with their checksum"
    )
    told_finding = models.CharField(max_length=10, choices=Finding.choices, help_text="As told that day")
    told_triage = models.CharField(max_length=12, choices=Triage.choices, help_text="As told that day")

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["input_sha256"], name="prediction_input")]
        constraints = [
            models.UniqueConstraint(fields=["scan", "model_version"], name="one_prediction_a_model_version")
        ]

    def __str__(self) -> str:
        return f"prediction {self.public_id}"

    @property
    def probabilities(self) -> dict[str, float]:
        """The probabilities by finding, for the classes the network was trained for; "normal" is the last."""
        all_classes = {"covid19": self.p_covid19, "pneumonia": self.p_pneumonia, "normal": self.p_normal}
        return {finding: value for finding, value in all_classes.items() if value is not None}

    @property
    def p_abnormal(self) -> float:
        return 1.0 - self.p_normal

    @property
    def standing(self) -> Standing:
        """What this result is worth where it was made."""
        if self.limits is None:
            return Standing.PROBATION
        if self.limits.withdrawn_at is not None:
            return Standing.WITHDRAWN
        return Standing.HERE if self.limits.origin == Origin.HERE else Standing.ELSEWHERE

    @property
    def withheld(self) -> bool:
        """Whether no decision is told, for want of limits that count."""
        return self.standing in (Standing.PROBATION, Standing.WITHDRAWN)

    @property
    def shown_triage(self) -> Triage:
        return Triage.UNSURE if self.withheld else Triage(self.told_triage)

    @property
    def shown_finding(self) -> Finding | None:
        """The finding in line with `shown_triage`; None where no limits count: nobody is to take it over."""
        return None if self.withheld else Finding(self.told_finding)

    @property
    def likeliest(self) -> Finding:
        """The class with the highest probability, which decides nothing."""
        known = self.probabilities
        return Finding(max(known, key=known.__getitem__))

    @property
    def unfamiliar(self) -> bool:
        """Whether the film is unlike those that the network learned from, so that a person reads it first.

        That makes the triage "unsure" at any probability. False if it was not checked.
        """
        return bool(self.uncertainty.get("unfamiliar"))

    @property
    def few_grey_levels(self) -> bool:
        """Whether the file has too few shades of grey, so that a person reads it first (triage "unsure")."""
        return bool(self.uncertainty.get("few_grey_levels"))

    @property
    def lungs_not_found(self) -> bool:
        """Whether no lungs were found in the film, so that a person reads it first (triage "unsure")."""
        return bool(self.uncertainty.get("lungs_not_found"))

    @property
    def corrections(self) -> list[str]:
        """What was put right before the network saw the film, by code."""
        return [found["code"] for found in self.quality.get("corrections", [])]

    @property
    def cautions(self) -> list[str]:
        """What the checks warn of, by code."""
        return [found["code"] for found in self.quality.get("cautions", [])]

    @property
    def cautioned(self) -> bool:
        """Whether a warning of the checks is why a person reads the film first."""
        return any(code not in HARMLESS for code in self.cautions)

    @property
    def undone(self) -> bool:
        """Whether somebody undid a correction of the film since: what was said before that does not count.

        Nor does what an older network said of the film as it came: people were told that a person reads it.
        """
        undone_at = self.scan.correction_undone_at
        return undone_at is not None and (bool(self.corrections) or self.created_at < undone_at)

    @property
    def heatmap_in_frame(self) -> str:
        """The heatmap, if the film is shown as this network saw it; "" where it would lie wrongly over it."""
        return self.heatmap if sorted(self.corrections) == sorted(self.scan.shown_corrections) else ""

    @property
    def doubtful(self) -> bool:
        """Whether the film itself, and not the answer, is why a person reads it first."""
        return self.unfamiliar or self.few_grey_levels or self.lungs_not_found or self.cautioned

    @property
    def looks_disagree(self) -> bool:
        """Whether looks at the film fall on both sides of the unsure band, so that a person reads it first.

        That makes the triage "unsure" at any probability. False if no looks are on record or no limits count.
        """
        seen = [self.p_abnormal, *self.uncertainty.get("p_abnormal", [])]
        if self.limits is None or self.withheld or len(seen) == 1:
            return False
        return min(seen) < self.limits.normal_below and max(seen) >= self.limits.pathological_from

    @property
    def looked_too_little(self) -> bool:
        """Whether other limits came into force while the film was analysed than those for which one look was
        enough, so that it is told as "unsure" wherever its answer lies."""
        if self.limits is None or self.doubtful or len(self.uncertainty.get("p_abnormal", [])) != 1:
            return False
        sure = not self.limits.normal_below <= self.p_abnormal < self.limits.pathological_from
        return sure and self.told_triage == Triage.UNSURE

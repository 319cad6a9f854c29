"""What a doctor ticks beside the finding, and on which side."""

from typing import Any

from django.db import models


class FurtherFinding(models.TextChoices):
    EFFUSION = "effusion", "Effusion"
    PNEUMOTHORAX = "pneumothorax", "Pneumothorax"
    CONSOLIDATION = "consolidation", "Consolidation"
    NODULE = "nodule", "Nodule or mass"
    CARDIOMEGALY = "cardiomegaly", "Cardiomegaly"
    TUBERCULOSIS = "tuberculosis", "Tuberculosis suspected"
    LINE_OR_TUBE = "line_or_tube", "Line or tube"
    FRACTURE = "fracture", "Fracture"
    OTHER = "other", "Other"


class Side(models.TextChoices):
    LEFT = "left", "Left"
    RIGHT = "right", "Right"
    BOTH = "both", "Both sides"


WITHOUT_SIDE = (FurtherFinding.CARDIOMEGALY, FurtherFinding.OTHER)
BESIDE_NORMAL = (FurtherFinding.LINE_OR_TUBE,)
"""What may be ticked on a film that is called normal."""

LONGEST_OTHER = 200


def in_words(further: list[dict[str, Any]]) -> list[str]:
    """Each further finding as a page says it: "Effusion, left", "Other: cervical rib"."""
    return [_words(one) for one in further]


def _words(one: dict[str, Any]) -> str:
    if one["code"] == FurtherFinding.OTHER:
        return f"Other: {one['text']}"
    side = f", {Side(one['side']).label.lower()}" if one.get("side") else ""
    return f"{FurtherFinding(one['code']).label}{side}"

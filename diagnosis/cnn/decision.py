"""Where thresholds are applied: from the probability of an abnormal film to the triage and the finding."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.bundle import Bundle

Triage = Literal["pathological", "normal", "unsure"]


def triage(p_abnormal: float, band: tuple[float, float]) -> Triage:
    """What to do next: "pathological" from the band's upper end on, "normal" below its lower end."""
    lower, upper = band
    if p_abnormal >= upper:
        return "pathological"
    return "normal" if p_abnormal < lower else "unsure"


def finding_in_line(probabilities: NDArray[np.float32], said: Triage, findings: Sequence[str]) -> str:
    """The likeliest of the findings, "normal" last, but never one that contradicts the triage.

    Where COVID-19 and pneumonia share a film between them, "normal" may be the likeliest single class of a
    film that is called pathological; nobody must be shown, or asked to agree with, both.
    """
    if said == "normal":
        return findings[-1]
    if said == "pathological":
        return findings[int(probabilities[:-1].argmax())]
    return findings[int(probabilities.argmax())]


def operating_point(bundle: Bundle) -> dict[str, Any]:
    """The thresholds behind the triage, as a Prediction stores them."""
    lower, upper = bundle.unsure_band
    points = {name: point.threshold for name, point in bundle.operating_points.items()}
    return {"unsure_from": lower, "pathological_from": upper, **points}

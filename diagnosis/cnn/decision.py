"""Applies the thresholds: from the probability of an abnormal film to triage and finding."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.bundle import Bundle

Triage = Literal["pathological", "normal", "unsure"]


def triage(p_abnormal: float, band: tuple[float, float]) -> Triage:
    """The triage: "pathological" from the band's upper end, "normal" below its lower end, else "unsure"."""
    lower, upper = band
    if p_abnormal >= upper:
        return "pathological"
    return "normal" if p_abnormal < lower else "unsure"


def finding_in_line(probabilities: NDArray[np.float32], said: Triage, findings: Sequence[str]) -> str:
    """The likeliest finding ("normal" is the last) that does not contradict the triage.

    If COVID-19 and pneumonia share the probability, "normal" may be the likeliest single class of a
    pathological film; nobody must be shown, or asked to agree with, both.
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

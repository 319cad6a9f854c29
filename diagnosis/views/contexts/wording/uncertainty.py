"""The words for how far the network's answer varies between looks at a film."""

from dataclasses import dataclass
from typing import ClassVar

from diagnosis.models import Prediction
from diagnosis.services.result_words import percent


@dataclass(frozen=True)
class Looks:
    """How far the network's answer varies between looks at a film, as pages show it."""

    low: float
    high: float
    span: str
    method: str
    each: str
    averaged: bool
    note: str

    MEANING: ClassVar[str] = (
        "The range is how far the network’s answer varies when the film is mirrored or slightly enlarged, "
        "not a confidence interval for the patient."
    )


def looks(prediction: Prediction) -> Looks | None:
    """The looks of a prediction in words, or None if none are on record."""
    stored = prediction.uncertainty
    if not stored:
        return None
    note = ""
    if prediction.looks_disagree:
        note = "They fall on both sides of the network’s limits, so a human reads this film first."
    elif not prediction.withheld and _crosses(prediction):
        note = "They do not all fall on the same side of the network’s limits."
    return Looks(
        low=stored["low"],
        high=stored["high"],
        span=_span(stored["low"], stored["high"], len(stored["p_abnormal"])),
        method=stored["method"],
        each=" · ".join(percent(value) for value in stored["p_abnormal"]),
        averaged=stored["averaged"],
        note=note,
    )


def _crosses(prediction: Prediction) -> bool:
    """Whether the looks do not all fall on the same side of the limits that count."""
    point = prediction.limits
    if point is None:
        return False
    looks = prediction.uncertainty["p_abnormal"]
    return any(min(looks) < limit <= max(looks) for limit in (point.normal_below, point.pathological_from))


def _span(low: float, high: float, count: int) -> str:
    """For example: Range over 3 views: 71–90 %."""
    first, last = percent(low), percent(high)
    if first == last:
        span = first
    elif first[0].isdigit() and last[0].isdigit():
        span = f"{first.removesuffix(' %')}–{last}"
    else:
        span = f"{first} to {last}"
    return f"Range over {count} views: {span}"

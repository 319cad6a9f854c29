"""The words for how far the network's answer varies between looks at a film."""

from dataclasses import dataclass
from typing import Final

from diagnosis.models import Prediction
from diagnosis.services.result_words import percent

RANGE: Final = (
    "The range is how far the network’s answer varies when the film is mirrored or slightly enlarged, "
    "not a confidence interval for the patient."
)
ONCE: Final = "The network looked at this film once."
ENOUGH: Final = (
    "Two more looks, mirrored and slightly enlarged, would not change what is told: on no film that it was "
    "tried on did they move its answer so far."
)
ONE_LOOK: Final = "One look: two more would not change what is told"


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
    single: bool
    meaning: str


def looks(prediction: Prediction) -> Looks | None:
    """The looks of a prediction in words, or None if none are on record."""
    stored = prediction.uncertainty
    if not stored:
        return None
    note, single = "", len(stored["p_abnormal"]) == 1
    if prediction.looks_disagree:
        note = "They fall on both sides of the network’s limits, so a human reads this film first."
    elif not prediction.withheld and _crosses(prediction):
        note = "They do not all fall on the same side of the network’s limits."
    span, meaning = _span(stored["low"], stored["high"], len(stored["p_abnormal"])), RANGE
    if single:
        enough = not prediction.looked_too_little
        span, meaning = (ONE_LOOK, f"{ONCE} {ENOUGH}") if enough else ("One look", ONCE)
    return Looks(
        low=stored["low"],
        high=stored["high"],
        span=span,
        method=stored["method"],
        each=" · ".join(percent(value) for value in stored["p_abnormal"]),
        averaged=stored["averaged"],
        note=note,
        single=single,
        meaning=meaning,
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

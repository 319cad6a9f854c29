"""Where a result lies on one scale from normal to abnormal, for an SVG that the server writes."""

from dataclasses import dataclass

from diagnosis.models import Prediction
from diagnosis.services.result_words import percent
from diagnosis.services.standing import NOT_MEASURED


@dataclass(frozen=True)
class Limits:
    """Both limits as shares of the scale in percent, with their words."""

    normal_below: str
    pathological_from: str
    between: str
    above: str
    normal_words: str
    pathological_words: str


@dataclass(frozen=True)
class Range:
    """From the lowest to the highest view of the film, in percent."""

    low: str
    high: str


@dataclass(frozen=True)
class Scale:
    """The marker's place in percent, the limits where any count, and all of it in a sentence."""

    at: str
    limits: Limits | None
    looks: Range | None
    no_limits: str
    words: str


def scale_of(prediction: Prediction) -> Scale:
    limits = _limits(prediction)
    no_limits = ""
    if limits is None:
        no_limits = "limits withdrawn" if prediction.limits else NOT_MEASURED
    told = [f"Abnormal {percent(prediction.p_abnormal)}"]
    if limits is not None:
        told.append(f"unsure from {limits.normal_words}, pathological from {limits.pathological_words}")
    else:
        told.append(f"no limits, {no_limits}")
    return Scale(
        at=_place(prediction.p_abnormal),
        limits=limits,
        looks=_looks(prediction),
        no_limits=no_limits,
        words=": ".join(told),
    )


def _limits(prediction: Prediction) -> Limits | None:
    """The limits that the film is told by; None where none count, so that none is drawn."""
    point = prediction.limits
    if point is None or prediction.withheld:
        return None
    low, high = point.normal_below, point.pathological_from
    return Limits(
        normal_below=_place(low),
        pathological_from=_place(high),
        between=_place(max(0.0, high - low)),
        above=_place(max(0.0, 1 - high)),
        normal_words=percent(low),
        pathological_words=percent(high),
    )


def _looks(prediction: Prediction) -> Range | None:
    stored = prediction.uncertainty
    if not stored or len(stored["p_abnormal"]) == 1:
        return None
    return Range(_place(stored["low"]), _place(stored["high"]))


def _place(share: float) -> str:
    return f"{100 * share:.2f}%"

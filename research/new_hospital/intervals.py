"""Figures with their 95 % intervals, and when two of them are called equal."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.evaluation.metrics import wilson_interval
from diagnosis.cnn.evaluation.report import Figure

Verdict = Literal["equal", "better", "worse", "not measured"]

NO_FIGURE: Final[Figure] = {"value": None, "low": None, "high": None}


def share(hits: NDArray[np.bool_], patients: Sequence[str]) -> Figure:
    """The share of films that are hits (n,), with Wilson's 95 % interval.

    The interval counts patients, not films, as if all films of a patient said the same: never too narrow.
    """
    if not len(hits):
        return dict(NO_FIGURE)
    value = float(np.mean(hits))
    low, high = wilson_interval(value, len(set(patients)))
    return {"value": value, "low": max(0.0, float(low)), "high": min(1.0, float(high))}


def mean(figures: Sequence[Figure]) -> Figure:
    """The mean of figures of different films; its interval takes their errors for independent."""
    known = [(f["value"], f["low"], f["high"]) for f in figures]
    if not known or any(part is None for row in known for part in row):
        return dict(NO_FIGURE)
    values, lows, highs = np.array(known, dtype=np.float64).T
    value, count = float(values.mean()), len(values)
    down, up = (float(np.sqrt(np.sum((end - values) ** 2))) / count for end in (lows, highs))
    return {"value": value, "low": value - down, "high": value + up}


def equal(a: Figure, b: Figure) -> bool:
    """Whether two figures lie no farther apart than the wider of their intervals is wide.

    Raises ValueError where one of them is undefined.
    """
    numbers = [f[name] for f in (a, b) for name in ("value", "low", "high")]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        raise ValueError("an undefined figure is neither equal to another nor different from it")
    (first, low, high), (second, other_low, other_high) = known[:3], known[3:]
    return abs(first - second) <= max(high - low, other_high - other_low)


def verdict(old: Figure, new: Figure, *, higher_is_better: bool) -> Verdict:
    """What the new figure is beside the old one."""
    if old["value"] is None or new["value"] is None:
        return "not measured"
    if equal(old, new):
        return "equal"
    return "better" if (new["value"] > old["value"]) == higher_is_better else "worse"

"""Whether a network tells one hospital's films apart, and by which limits: numpy alone, for the web.

The rule: the 95 % interval of the AUROC lies above 0.5, limits exist that keep 95 % of the abnormal films and
spare 95 % of the normal ones, and not more than four films in five are left unsure between them.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.evaluation import calibration
from diagnosis.cnn.evaluation.metrics import auroc, auroc_interval

MOST_UNSURE: Final = 0.8
MOST_WRONG: Final = 0.05
CHANCE: Final = 0.5
Z: Final = 1.959964  # of a 95 % interval
CUTS: Final = tuple(round(0.1 * step, 1) for step in range(1, 10))


def band_of(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> dict[str, Any]:
    """The unsure band. Where the two kinds hardly overlap, it starts at the most abnormal-looking normal
    films, since these films say nothing about the gap between."""
    band = calibration.unsure_band(probabilities, labels)
    scores, abnormal = calibration.p_abnormal(probabilities, labels)
    if band["lower"] < band["upper"]:
        return band
    lower = min(band["lower"], float(np.quantile(scores[~abnormal], 0.95)))
    inside = (scores >= lower) & (scores < band["upper"])
    below = float(np.mean(scores[abnormal] < lower))
    return band | {"lower": lower, "share_of_films": float(np.mean(inside)), "abnormal_below": below}


def why_no_limits(band: dict[str, Any]) -> str:
    """Why a band's limits do not separate the films well enough; empty where they do."""
    if max(band["normal_above"], band["abnormal_below"]) > MOST_WRONG or band["lower"] <= 0:
        return "no limit spares 95 % of the normal films and finds 95 % of the abnormal ones"
    if band["share_of_films"] > MOST_UNSURE:
        return f"{band['share_of_films']:.0%} of the films would be unsure"
    return ""


def auroc_with_interval(
    scores: NDArray[np.floating], abnormal: NDArray[np.bool_], patients: Sequence[str]
) -> dict[str, float]:
    """AUROC abnormal against normal with its 95 % interval, patients resampled; nan where a side is empty."""
    low, high = auroc_interval(scores, abnormal, patients)
    return {"value": auroc(scores, abnormal), "low": low, "high": high}


def yield_at(scores: NDArray[np.floating], abnormal: NDArray[np.bool_], cut: float) -> dict[str, Any]:
    """What a cut on p_abnormal does: films flagged (at the cut or above), abnormal ones missed, false alarms.

    Sensitivity and specificity have Wilson's 95 % interval (1927), which has a width where nothing was
    missed, too; it counts each film for itself.
    """
    flagged = scores >= cut
    found, spared = int(np.sum(flagged & abnormal)), int(np.sum(~flagged & ~abnormal))
    ill, well = int(np.sum(abnormal)), int(np.sum(~abnormal))
    return {
        "cut": cut,
        "flagged": int(np.sum(flagged)),
        "missed": ill - found,
        "false_alarms": well - spared,
        "sensitivity": _share(found, ill),
        "specificity": _share(spared, well),
    }


def _share(count: int, of: int) -> dict[str, float]:
    low, high = wilson_interval(count, of)
    return {"value": count / of if of else float("nan"), "low": low, "high": high}


def wilson_interval(count: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    share, squared = count / of, Z * Z
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = Z / (1 + squared / of) * math.sqrt(share * (1 - share) / of + squared / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)

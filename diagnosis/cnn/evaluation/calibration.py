"""From logits on `val` to honest probabilities and thresholds: temperature, operating points, unsure band."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.evaluation.metrics import (
    bootstrap_interval,
    negative_log_likelihood,
    softmax,
    threshold_for_sensitivity,
    threshold_for_specificity,
)

ERRORS_INSIDE: Final = 0.5


def fit_temperature(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017), by golden section."""

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(softmax(logits, float(np.exp(log_temperature))), labels)

    low, high, ratio = np.log(0.05), np.log(20.0), (np.sqrt(5) - 1) / 2
    for _ in range(60):
        first, second = high - ratio * (high - low), low + ratio * (high - low)
        if loss(first) < loss(second):
            high = second
        else:
            low = first
    return float(np.exp((low + high) / 2))


def p_abnormal(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probability of an abnormal film (n,), and which films are abnormal (n,): "normal" is the last class."""
    return np.asarray(1.0 - probabilities[:, -1], dtype=np.float64), labels != probabilities.shape[1] - 1


def centred(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> tuple[NDArray[np.float64], float]:
    """Logits with the log-odds of abnormal against normal shifted, and the shift: the one that has the least
    negative log-likelihood together with its own best temperature (Platt 1999 fits both, too).

    Parts of an answer that were fitted separately agree on the order of films, not on where 0.5 lies.
    """
    towards = np.array([0.5] * (logits.shape[1] - 1) + [-0.5])

    def shifted(offset: float) -> NDArray[np.float64]:
        return np.asarray(logits + offset * towards, dtype=np.float64)

    def loss(offset: float) -> float:
        temperature = fit_temperature(shifted(offset), labels)
        return negative_log_likelihood(softmax(shifted(offset), temperature), labels)

    offset, width = 0.0, 2.0
    while width > 1e-3:
        offset = min((offset - width, offset, offset + width), key=loss)
        width /= 1.5
    return shifted(offset), offset


def operating_points(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    groups: Sequence[str] | None = None,
    *,
    resamples: int = 1000,
) -> dict[str, dict[str, Any]]:
    """Thresholds on p_abnormal: sensitivity_95 keeps 95 % of abnormal films, specificity_95 spares 95 % of
    normal ones; each with what it does on these films.

    probabilities: (n, classes), "normal" last. groups: (n,), the patient of each film, by default each film
    its own. Sensitivity and specificity have 95 % intervals of the threshold as it is, patients resampled.
    """
    scores, abnormal = p_abnormal(probabilities, labels)
    # Where no threshold spares enough (answers all the same), one that no film reaches, and JSON can hold.
    unreached = float(np.nextafter(1.0, 2.0))
    thresholds = {
        "sensitivity_95": threshold_for_sensitivity(scores, abnormal, sensitivity=0.95),
        "specificity_95": threshold_for_specificity(scores, abnormal, specificity=0.95),
    }
    return {
        name: {"threshold": threshold}
        | at_threshold(scores, abnormal, threshold, groups=groups, resamples=resamples)
        for name, threshold in ((name, min(found, unreached)) for name, found in thresholds.items())
    }


def at_threshold(
    scores: NDArray[np.floating],
    abnormal: NDArray[np.bool_],
    threshold: float,
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Sensitivity and specificity of a threshold on p_abnormal, each with `..._interval` [low, high]; n.

    What is not defined on these films, for want of abnormal or of normal ones, is None.
    """
    found = scores >= threshold
    patients = [str(number) for number in range(len(scores))] if groups is None else list(groups)
    figures: dict[str, Any] = {}
    for name, right, among in (("sensitivity", found, abnormal), ("specificity", ~found, ~abnormal)):
        if not among.any():
            figures |= {name: None, f"{name}_interval": None}
            continue

        def share(
            rows: NDArray[np.intp],
            right: NDArray[np.bool_] = right[among],
        ) -> float:
            return float(np.mean(right[rows]))

        members = [patient for patient, counted in zip(patients, among, strict=True) if counted]
        interval = bootstrap_interval(share, members, resamples=resamples)
        figures |= {name: float(np.mean(right[among])), f"{name}_interval": list(interval)}
    return figures | {"n": len(scores)}


def carried(
    known: NDArray[np.floating],
    known_labels: NDArray[np.integer],
    logits: NDArray[np.floating],
    labels: NDArray[np.integer],
) -> dict[str, dict[str, float]]:
    """Sensitivity and specificity in the source left out, of limits set for 95 % of either on known sources.

    known: logits (n, classes) of films of the sources that were trained on, which set the limits. An AUROC
    says whether the order of films is right; this says whether a limit holds in another hospital.
    Empty where the known films are all abnormal, or all normal, and no limit can be set.
    """
    (set_by, set_on), (scores, abnormal) = (
        p_abnormal(softmax(each), truth) for each, truth in ((known, known_labels), (logits, labels))
    )
    if set_on.all() or not set_on.any():
        return {}
    limits = {
        "sensitivity_95": threshold_for_sensitivity(set_by, set_on, sensitivity=0.95),
        "specificity_95": threshold_for_specificity(set_by, set_on, specificity=0.95),
    }
    return {
        name: {
            "sensitivity": float(np.mean(scores[abnormal] >= limit)),
            "specificity": float(np.mean(scores[~abnormal] < limit)),
        }
        for name, limit in limits.items()
    }


def unsure_band(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> dict[str, Any]:
    """Between which values of p_abnormal a human reads first.

    The band reaches from the threshold that keeps a share L of abnormal films to the one that spares L of
    the normal ones, where L is the lowest of 95, 95.5, ... 99.5 % at which the two do not cross and at least
    half of the errors (at p_abnormal 0.5) lie between them: a network that reaches 95/95 is held to more,
    instead of being unsure of nothing. probabilities: (n, classes), "normal" last.
    """
    scores, abnormal = p_abnormal(probabilities, labels)
    wrong = (scores >= 0.5) != abnormal
    for level in np.arange(0.95, 0.9951, 0.005):
        lower = threshold_for_sensitivity(scores, abnormal, sensitivity=float(level))
        upper = threshold_for_specificity(scores, abnormal, specificity=float(level))
        inside = (scores >= lower) & (scores < upper)
        if lower < upper and inside[wrong].sum() >= ERRORS_INSIDE * wrong.sum():
            break
    lower, upper = min(lower, upper), min(max(lower, upper), 1.0)
    inside = (scores >= lower) & (scores < upper)
    return {
        "lower": lower,
        "upper": upper,
        "level": round(float(level), 4),
        "share_of_films": float(np.mean(inside)),
        "share_of_errors": float(np.mean(inside[wrong])) if wrong.any() else None,
        "abnormal_below": float(np.mean(scores[abnormal] < lower)),
        "normal_above": float(np.mean(scores[~abnormal] >= upper)),
        "n": len(labels),
        "rule": "p_abnormal below lower: normal; from upper on: pathological; between: unsure",
    }

"""Figures of a classifier, in numpy alone: AUROC, calibration, sensitivity, intervals."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Labels = NDArray[np.integer]


def softmax(logits: Floats, temperature: float = 1.0) -> NDArray[np.float64]:
    """Probabilities (n, classes) of logits divided by a temperature."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def negative_log_likelihood(probabilities: Floats, labels: Labels) -> float:
    """Mean of -log p of the true class; labels are indices (n,)."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.mean(np.log(np.clip(chosen, 1e-12, 1.0))))


def auroc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve by ranks (Mann-Whitney, ties count half); nan where one side is empty."""
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if not n_positive or not n_negative:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def share_of_pair(own: Floats, other: Floats) -> NDArray[np.float64]:
    """own / (own + other), elementwise: a class's probability where only two are possible; 0.5 of nothing."""
    own, both = np.asarray(own, dtype=np.float64), np.asarray(own, dtype=np.float64) + other
    return np.asarray(np.divide(own, both, out=np.full(own.shape, 0.5), where=both > 0))


def macro_auroc(probabilities: Floats, labels: Labels) -> float:
    """Mean of the one-against-the-rest AUROCs; nan where a class is missing."""
    return float(np.mean([auroc(probabilities[:, k], labels == k) for k in range(probabilities.shape[1])]))


def accuracy(probabilities: Floats, labels: Labels) -> float:
    """Share of films whose likeliest class is the true one."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def confusion_matrix(probabilities: Floats, labels: Labels) -> NDArray[np.int64]:
    """Counts (true class, likeliest class)."""
    classes = probabilities.shape[1]
    flat = np.asarray(labels) * classes + probabilities.argmax(axis=1)
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)


def expected_calibration_error(probabilities: Floats, labels: Labels, *, bins: int = 15) -> float:
    """Mean gap of confidence and accuracy over equally wide bins of confidence (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(correct[place == k].mean() - confidence[place == k].mean()) * np.mean(place == k)
        for k in range(bins)
        if (place == k).any()
    ]
    return float(np.sum(gaps))


def sensitivity_at_specificity(scores: Floats, positive: NDArray[np.bool_], *, specificity: float) -> float:
    """Largest sensitivity of any threshold whose specificity is at least the one given; nan if undefined."""
    if positive.all() or not positive.any():
        return float("nan")
    threshold = threshold_for_specificity(scores, positive, specificity=specificity)
    return float(np.mean(scores[positive] >= threshold))


def threshold_for_specificity(scores: Floats, positive: NDArray[np.bool_], *, specificity: float) -> float:
    """Smallest threshold t such that at least that share of negatives scores below t."""
    negatives = np.sort(scores[~positive])
    keep = int(np.ceil(specificity * len(negatives) - 1e-9))
    if keep == 0:
        return float(negatives[0])
    candidates = np.unique(np.append(scores, np.inf))
    return float(candidates[np.searchsorted(candidates, negatives[keep - 1], side="right")])


def threshold_for_sensitivity(scores: Floats, positive: NDArray[np.bool_], *, sensitivity: float) -> float:
    """Largest threshold t such that at least that share of positives scores t or more."""
    positives = np.sort(scores[positive])
    allowed = int(np.floor((1.0 - sensitivity) * len(positives) + 1e-9))
    return float(positives[min(allowed, len(positives) - 1)])


def bootstrap_interval(
    figure: Callable[[NDArray[np.intp]], float],
    groups: Sequence[str],
    *,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of a figure of resampled films (Efron 1979); (nan, nan) where it is undefined.

    figure: gets the indices of a resample, with repeats, and returns a number. groups: (n,), one a film;
    whole groups (patients) are drawn, since films of one patient are not independent.
    """
    random = np.random.default_rng(seed)
    _, inverse = np.unique(np.asarray(groups), return_inverse=True)
    members = np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
    values = []
    for _ in range(resamples):
        drawn = random.integers(0, len(members), len(members))
        values.append(figure(np.concatenate([members[k] for k in drawn])))
    known = np.array([value for value in values if not np.isnan(value)])
    if not len(known):
        return float("nan"), float("nan")
    tail = 50 * (1 - level)
    low, high = np.percentile(known, (tail, 100 - tail))
    return float(low), float(high)


def auroc_interval(
    scores: Floats,
    positive: NDArray[np.bool_],
    groups: Sequence[str],
    *,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """`bootstrap_interval` of the AUROC, the same draws, all resamples at once instead of one by one.

    A film drawn twice counts twice: films are sorted once, and only what each counts changes.
    """
    random = np.random.default_rng(seed)
    _, inverse = np.unique(np.asarray(groups), return_inverse=True)
    count = int(inverse.max()) + 1
    _, places = np.unique(scores, return_inverse=True)
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    kind = positive[order].astype(np.float64)
    values = []
    for _ in range(resamples):
        drawn = random.integers(0, count, count)
        weights = np.bincount(drawn, minlength=count)[inverse][order]
        above = np.add.reduceat(weights * kind, starts)
        below = np.add.reduceat(weights * (1 - kind), starts)
        pairs = above.sum() * below.sum()
        if pairs:
            values.append(float(above @ (np.cumsum(below) - below / 2) / pairs))
    if not values:
        return float("nan"), float("nan")
    tail = 50 * (1 - level)
    low, high = np.percentile(values, (tail, 100 - tail))
    return float(low), float(high)


def wilson_interval(share: Floats | float, count: Labels | int) -> tuple[Any, Any]:
    """95 % interval, low and high, of a share 0-1 (or shares) of `count` independent things (Wilson 1927);
    unlike a bootstrap, it has a width where the share is 0 or 1."""
    z = 1.96
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return centre - half, centre + half

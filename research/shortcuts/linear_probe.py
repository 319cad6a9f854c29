"""A linear probe: how well a name can be read from features, in numpy alone and the same on every run."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

L2: Final = 0.05  # on standardised features; a tenth or ten times of it read the source about as well
STEPS: Final = 500
TOLERANCE: Final = 1e-5  # largest entry of the gradient; the loss of guessing is log(names)


@dataclass(frozen=True)
class Probe:
    """A fitted probe. mean, spread: (d,), what features are standardised with. weights: (d + 1, names), the
    last row the intercepts."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    weights: NDArray[np.float64]

    def read(self, features: NDArray[np.floating]) -> NDArray[np.int64]:
        """The likeliest name's number for features (n, d), (n,)."""
        return np.asarray((_standardised(features, self.mean, self.spread) @ self.weights).argmax(axis=1))


def fit_probe(
    features: NDArray[np.floating], names: NDArray[np.integer], count: int, *, l2: float = L2
) -> Probe:
    """Multinomial logistic regression from features (n, d) to numbers of names (n,), 0 to count - 1.

    Every name weighs the same, however many films it has. Minimises the weighted mean of -log p plus
    l2 / 2 * |weights|^2 (not the intercepts) over all films at once: the steps of Böhning (1992), whose one
    matrix bounds the curvature everywhere, with Nesterov's momentum and the restart of O'Donoghue & Candès
    (2015). Raises ValueError where a name has no film.
    """
    films = np.bincount(names, minlength=count)
    if len(films) != count or not films.all():
        raise ValueError("a probe needs a film of every name")
    mean, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    spread = np.where(spread > 1e-9, spread, np.inf)  # what never changes says nothing
    x = _standardised(features, mean, spread)
    weight = (1.0 / (count * films))[names][:, np.newaxis]
    truth = np.eye(count)[names]
    shrink = np.full((x.shape[1], 1), l2)
    shrink[-1] = 0.0
    bound = np.linalg.inv(0.5 * x.T @ (weight * x) + np.diag(shrink[:, 0]))

    def gradient(at: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(x.T @ (weight * (_softmax(x @ at) - truth)) + shrink * at)

    here = ahead = np.zeros((x.shape[1], count))
    pace = 1.0
    for _ in range(STEPS):
        slope = gradient(ahead)
        if np.abs(slope).max() < TOLERANCE:
            break
        there = ahead - bound @ slope
        if np.sum(slope * (there - here)) > 0:  # the momentum runs uphill
            pace = 1.0
        following = (1 + np.sqrt(1 + 4 * pace * pace)) / 2
        ahead = there + (pace - 1) / following * (there - here)
        here, pace = there, following
    return Probe(mean, spread, ahead)


def balanced_accuracy(said: NDArray[np.integer], true: NDArray[np.integer]) -> float:
    """Mean over the true names of the share of their films that were read right; nan without any film."""
    names = np.unique(true)
    return float(np.mean([np.mean(said[true == name] == name) for name in names])) if len(names) else np.nan


def _standardised(
    features: NDArray[np.floating], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Features (n, d) with mean 0 and spread 1, and a column of ones: (n, d + 1)."""
    return np.concatenate([(features - mean) / spread, np.ones((len(features), 1))], axis=1)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))

"""How far a film lies from the known ones, by features from the middle of the network.

A picture too far from the nearest film in the bundle is refused. How a film is turned goes unnoticed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.quality.refusals import refusal


def directions(features: NDArray[np.floating]) -> NDArray[np.float32]:
    """The square roots of non-negative pooled gate features (n, d), scaled to unit length.

    The cosine of two such vectors is the Bhattacharyya coefficient; unlike with the plain cosine, a few
    strong features do not decide alone.
    """
    roots = np.sqrt(np.maximum(features, 0.0))
    lengths = np.linalg.norm(roots, axis=-1, keepdims=True)
    return np.asarray(roots / np.maximum(lengths, 1e-9), dtype=np.float32)


def distance_to_films(features: NDArray[np.floating], films: NDArray[np.floating]) -> NDArray[np.float32]:
    """Distance (n,), 0-1, from pooled features (n, d) to the nearest film, given as `directions` (m, d)."""
    similarity = directions(features) @ np.asarray(films, dtype=np.float32).T
    return np.asarray(1.0 - similarity.max(axis=1), dtype=np.float32)


def spread_out(films: NDArray[np.floating], count: int) -> list[int]:
    """Positions of `count` of the directions (n, d), chosen so that none is far from a chosen one.

    Farthest-first traversal (Gonzalez 1985): the next is always the one farthest from those chosen.
    """
    chosen = [0]
    distance = 1.0 - films @ films[0]
    while len(chosen) < min(count, len(films)):
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, 1.0 - films @ films[chosen[-1]])
    return chosen


class FilmGate:
    """The features of known films and how far from them a film may lie.

    threshold: beyond this distance a picture is refused. margin: how many times farther out that is than
    nearly all films from the training hospitals; ValueError if it is below 1.
    """

    def __init__(self, reference: Path, threshold: float, margin: float) -> None:
        with np.load(reference) as arrays:
            self.films: NDArray[np.float32] = arrays["films"].astype(np.float32)
        if not margin >= 1:
            raise ValueError(f"a film gate's margin is 1 or more, not {margin}")
        self.threshold, self.familiar = threshold, threshold / margin

    @classmethod
    def of(cls, reference: Path, card: Mapping[str, Any]) -> "FilmGate":
        """The gate that a bundle's card describes."""
        return cls(reference, float(card["threshold"]), float(card["margin"]))

    def unfamiliar(self, distance: float) -> bool:
        """Whether a film passes the gate but is unlike the training films, for example grainier."""
        return distance > self.familiar

    def told(self, distance: float) -> dict[str, float]:
        """The JSON values that a Prediction stores about its distance."""
        return {"film_distance": distance, "familiar_up_to": self.familiar}

    def distance(self, features: NDArray[np.float32]) -> float:
        """Distance of one feature vector (d,) to the nearest known film, 0 (the same) to 1."""
        return float(distance_to_films(features[np.newaxis], self.films)[0])

    def check(self, distance: float) -> None:
        """Raise NotAChestRadiograph if a film is too far from all known ones."""
        if distance > self.threshold:
            raise refusal("out_of_distribution")

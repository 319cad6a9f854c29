"""Test-time augmentation: how far the network's answer varies over three looks at a film.

Two more looks cost twice what the answer cost. They can change what is told only by taking it from one side
of the unsure band to the other, so where a network's card says how far looks were ever seen to move an answer
(`Reach`), films whose answer is farther than that from the other side are looked at once.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.cnn.decision import Triage

METHOD: Final = "3 looks: plain, mirrored, central 90 %"
ONE_LOOK: Final = "1 look: plain"
CENTRAL: Final = 0.9


@dataclass(frozen=True)
class Reach:
    """How far two more looks were ever seen to move the plain answer, up and down, in log odds of p_abnormal.

    Log odds, because the same disturbance moves a probability near 0 or 1 by little and one in the middle by
    much.
    """

    up: float
    down: float

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> "Reach | None":
        """The reach that a bundle's card names, None if it names none; ValueError if it is none."""
        if "looks" not in card:
            return None
        return cls.of(card["looks"])

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Reach":
        """The reach that `stored` was called when it was written down."""
        reach = cls(float(stored["up"]), float(stored["down"]))
        if not (0 <= reach.up < math.inf and 0 <= reach.down < math.inf):
            raise ValueError(f"looks move an answer by 0 or more, not by {reach.up} and {reach.down}")
        return reach

    @classmethod
    def measured(cls, looks: NDArray[np.floating]) -> "Reach":
        """The farthest that any answer moved; looks: p_abnormal (films, looks), the plain one first."""
        odds = np.array([[log_odds(float(p)) for p in film] for film in looks])
        moved = odds[:, 1:] - odds[:, :1]
        return cls(up=max(0.0, float(moved.max())), down=max(0.0, float(-moved.min())))

    def may_turn(self, p_abnormal: float, bands: Iterable[tuple[float, float]]) -> bool:
        """Whether another look could be on the other side of one of these bands, and the film then "unsure".

        An answer inside a band is "unsure" whatever other looks say.
        """
        return any(not self._stays(p_abnormal, band) for band in bands)

    def _stays(self, p_abnormal: float, band: tuple[float, float]) -> bool:
        lower, upper = band
        if p_abnormal >= upper:
            return log_odds(p_abnormal) - log_odds(lower) > self.down
        return p_abnormal >= lower or log_odds(upper) - log_odds(p_abnormal) > self.up


CERTAIN: Final = 20.0  # log odds beyond which a float32 knows no difference


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), no farther than ±20, which stands for 0 and 1, too."""
    if not 0.0 < probability < 1.0:
        return CERTAIN if probability >= 1.0 else -CERTAIN
    return max(-CERTAIN, min(CERTAIN, math.log(probability / (1.0 - probability))))


def augmented(pixels: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Two more looks at the network's input, float32 (size, size, 1), grey levels 0-255, in the same form.

    First mirrored left-right; then its central 90 % (of width and of height) scaled back to full size,
    bicubic, in whole grey levels. A doctor would read all of them the same way, so a network whose answer
    changes is relying on something other than disease.
    """
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    height, width = pixels.shape[:2]
    edge = (1.0 - CENTRAL) / 2.0
    box = (width * edge, height * edge, width * (1.0 - edge), height * (1.0 - edge))
    plain = Image.fromarray(np.ascontiguousarray(pixels[..., 0], dtype=np.float32))
    central = np.asarray(plain.resize((width, height), Image.Resampling.BICUBIC, box=box))
    central = np.clip(np.rint(central), 0.0, 255.0)[..., np.newaxis]
    return [mirrored, central.astype(np.float32)]


def uncertainty(p_abnormal: Sequence[float], sides: Sequence[Triage], *, averaged: bool) -> dict[str, Any]:
    """The JSON values that a Prediction stores about its looks.

    p_abnormal: one per look, 0-1, the plain look first. sides: the triage of each look alone.
    averaged: whether the answer is the mean of the looks instead of the plain one. "spread" is the standard
    deviation of the looks (divided by their number), "crosses_threshold" whether they fall on different sides
    of a triage limit. It shows how far the network varies, not a confidence interval for the patient: a
    network can be wrong three times over.
    """
    return {
        "method": METHOD,
        "averaged": averaged,
        "p_abnormal": list(p_abnormal),
        "low": min(p_abnormal),
        "high": max(p_abnormal),
        "spread": float(np.std(p_abnormal)),
        "crosses_threshold": len(set(sides)) > 1,
    }


def one_look(p_abnormal: float, reach: Reach) -> dict[str, Any]:
    """The JSON values that a Prediction stores where no other look could change what is told.

    What one look cannot say is left out: how far the answer varies, and whether others would cross a limit.
    """
    return {
        "method": ONE_LOOK,
        "averaged": False,
        "p_abnormal": [p_abnormal],
        "low": p_abnormal,
        "high": p_abnormal,
        "reach": {"up": reach.up, "down": reach.down},
    }


def settled(said: Triage, sides: Sequence[Triage]) -> Triage:
    """The triage to store: `said`, or "unsure" if looks at the film fall on both sides of the band.

    A safety rule: if the network calls the same film pathological in one look and normal in another, its
    answer decides nothing and a person reads the film first. The answer counts as one more look, because the
    mean of the looks can be on a side where none of them is.
    """
    return "unsure" if {"pathological", "normal"} <= {said, *sides} else said

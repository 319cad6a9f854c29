"""Test-time augmentation: how far the network's answer varies over three looks at a film."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.cnn.decision import Triage

METHOD: Final = "3 looks: plain, mirrored, central 90 %"
CENTRAL: Final = 0.9


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


def settled(said: Triage, sides: Sequence[Triage]) -> Triage:
    """The triage to store: `said`, or "unsure" if looks at the film fall on both sides of the band.

    A safety rule: if the network calls the same film pathological in one look and normal in another, its
    answer decides nothing and a person reads the film first. The answer counts as one more look, because the
    mean of the looks can be on a side where none of them is.
    """
    return "unsure" if {"pathological", "normal"} <= {said, *sides} else said

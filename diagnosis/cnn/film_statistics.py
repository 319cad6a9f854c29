"""Measures a film's picture as a machine made it: how bright, sharp and grainy it is, whatever it shows.

A change of these across a clinic's films tells of another machine, another processing or another way of
exporting films, to which a network's answers may be sensitive.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.imaging.radiograph import Radiograph

SIDE: Final = 512
"""The longest side, in pixels, at which sharpness and grain are measured, so that films compare."""
END: Final = 0.01  # of the shown range: counts as black, or as white
NAMES: Final = ("level", "spread", "sharpness", "grain", "black", "white", "megapixels")


def film_statistics(film: Radiograph) -> dict[str, float]:
    """The statistics of a decoded film, by name; a few milliseconds.

    All but the last are of the picture as a screen shows it (`film.window`, 0 black to 1 white), 512 pixels
    along its longest side (a smaller film stays as it is):

    level, spread: mean and standard deviation.
    sharpness: mean absolute discrete Laplacian (four neighbours).
    grain: standard deviation of the noise, by Immerkær's mask (Fast noise variance estimation, Computer
        Vision and Image Understanding 64, 1996). The median instead of the mean, so that ribs do not count.
    black, white: share of pixels within 1 % of the ends.
    megapixels: of the film as it was stored.
    """
    low, high = film.window
    shown = np.clip((_reduced(film.pixels) - low) / max(high - low, 1e-6), 0.0, 1.0)
    found = {
        "level": float(shown.mean()),
        "spread": float(shown.std()),
        "sharpness": float(np.abs(_laplacian(shown)).mean()) if min(shown.shape) > 2 else 0.0,
        "grain": _grain(shown),
        "black": float((shown <= END).mean()),
        "white": float((shown >= 1.0 - END).mean()),
        "megapixels": film.width * film.height / 1e6,
    }
    return {name: round(value, 6) for name, value in found.items()}


def _reduced(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture with its longest side at most SIDE."""
    while max(pixels.shape) >= 2 * SIDE and min(pixels.shape) > 1:
        height, width = (side // 2 * 2 for side in pixels.shape)
        four = [pixels[down:height:2, right:width:2] for down in (0, 1) for right in (0, 1)]
        pixels = np.asarray((four[0] + four[1] + four[2] + four[3]) * np.float32(0.25))
    scale = SIDE / max(pixels.shape)
    if scale >= 1:
        return pixels
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    picture = Image.fromarray(np.ascontiguousarray(pixels, dtype=np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)


def _laplacian(shown: NDArray[np.float32]) -> NDArray[np.float32]:
    beside = shown[:-2, 1:-1] + shown[2:, 1:-1] + shown[1:-1, :-2] + shown[1:-1, 2:]
    return np.asarray(beside - 4 * shown[1:-1, 1:-1])


def _grain(shown: NDArray[np.float32]) -> float:
    """The noise's standard deviation: |mask| of normal noise has the median 0.6745 · 6 σ."""
    if min(shown.shape) < 3:
        return 0.0
    # of every second row and column: their median is no worse, and four times as fast
    down = shown[:-2:2] - 2 * shown[1:-1:2] + shown[2::2]
    mask = down[:, :-2:2] - 2 * down[:, 1:-1:2] + down[:, 2::2]
    return float(np.median(np.abs(mask))) / (0.6745 * 6)

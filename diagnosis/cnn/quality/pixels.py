"""What the pixels alone say: blank, in colour, of few shades, too dark, bright or flat."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.quality.refusals import RIGHT_PICTURE, NotAChestRadiograph, refusal
from diagnosis.imaging.radiograph import Radiograph

SMALLEST_SIDE: Final = 64
FEWEST_LEVELS: Final = 12
ENOUGH_LEVELS: Final = 64  # with fewer, faint shadows are lost between two shades
SMALLEST_SPREAD: Final = 5  # grey levels of 256 between the 2nd and the 98th percentile
MOST_COLOUR: Final = 0.15  # a film photographed on a light box is bluish, but not as colourful as this
# Of a film's screen window: beyond these a radiologist would ask for another exposure, or the network for
# another file. Hardly a film of the public sets does (research/README.md).
DARKEST, BRIGHTEST, FLATTEST = 0.3, 0.7, 0.25


def check_pixels(radiograph: Radiograph) -> None:
    """Raise NotAChestRadiograph for pixels that cannot be a radiograph."""
    height, width = radiograph.pixels.shape
    if min(height, width) < SMALLEST_SIDE:
        raise NotAChestRadiograph(
            "too_small_to_read",
            f"The picture has {width} × {height} pixels; a chest X-ray needs {SMALLEST_SIDE} on each side.",
            RIGHT_PICTURE,
        )
    if float(radiograph.facts.get("colourfulness", "0")) > MOST_COLOUR:
        raise refusal("colour_picture")
    counts = np.bincount(_sample(radiograph).ravel(), minlength=256)
    cumulative = np.cumsum(counts) / counts.sum()
    low, high = np.searchsorted(cumulative, (0.02, 0.98))
    if high - low < SMALLEST_SPREAD:
        raise refusal("blank")
    if np.count_nonzero(counts) < FEWEST_LEVELS:
        raise refusal("too_few_grey_levels")


def _sample(radiograph: Radiograph) -> NDArray[np.uint8]:
    """Some 256 by 256 of a film's pixels, as grey levels."""
    height, width = radiograph.pixels.shape
    sample = radiograph.pixels[:: max(1, height // 256), :: max(1, width // 256)]
    return np.asarray(sample * 255 + 0.5, dtype=np.uint8)


def few_grey_levels(radiograph: Radiograph) -> bool:
    """Whether a film has so few shades of grey that the network's answer about it is not to be relied on."""
    levels = radiograph.facts.get("levels")
    return levels is not None and int(levels) < ENOUGH_LEVELS


def exposure(radiograph: Radiograph) -> list[str]:
    """Which of "too_dark", "too_bright" and "too_flat" a film is, as a screen shows it."""
    low, high = radiograph.window
    seen = np.clip((_sample(radiograph) / 255 - low) / max(high - low, 1e-6), 0, 1)
    deep, tenth, ninetieth, light = np.percentile(seen, (2, 10, 90, 98))
    found = {
        "too_dark": ninetieth < DARKEST,
        "too_bright": tenth > BRIGHTEST,
        "too_flat": light - deep < FLATTEST,
    }
    return [code for code, is_so in found.items() if is_so]

"""A decoded film, independent of its file format."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Radiograph:
    """A decoded film, upright.

    pixels: float32 (height, width), 0-1, bone bright. A large film is decoded smaller (see `raster`), so
    its shape may be less than `height` and `width`, which are the pixels of the original film, upright.
    facts: how the film was stored, as text:
        format ("png", "jpeg"), mode (the stored pixels, as Pillow names them), bits (grey depth in use),
        orientation (EXIF value 1-8), reduction (original pixels for one decoded pixel, along a side),
        colourfulness (0-1: mean distance between the strongest and the weakest colour channel),
        levels (how many grey levels the film has; at most 256 are told apart).
    window: the pixel values that a screen shows as black and white. (0, 1) for films of 8 bits; deeper ones
    look flat without it. Frames and letters beyond the film's own levels do not count.
    """

    pixels: NDArray[np.float32]
    width: int
    height: int
    facts: dict[str, str] = field(default_factory=dict)
    window: tuple[float, float] = (0.0, 1.0)

"""A film's levels as they come from its file, and what makes a radiograph of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster.levels import Levels
from diagnosis.imaging.raster.orientation import turned


@dataclass(frozen=True)
class DecodedFilm:
    """A film as stored: not upright yet, its levels not scaled.

    levels: uint8 or uint16 (height, width), grey. width, height: of the film in full. found: which levels are
    the film. exponent: makes a screen's brightness of them. orientation: by EXIF, 1-8.
    """

    levels: NDArray[np.unsignedinteger]
    width: int
    height: int
    found: Levels
    orientation: int
    facts: dict[str, str]
    exponent: float = 1.0

    def radiograph(self) -> Radiograph:
        """The film upright, 0-1."""
        black, white = self.found.black, self.found.white
        span = np.float32(white - black)
        if black:
            pixels = np.subtract(self.levels, np.float32(black), dtype=np.float32)
            pixels /= span
        else:
            pixels = np.divide(self.levels, span, dtype=np.float32)
        if black or self.levels.max() > white:
            np.clip(pixels, 0, 1, out=pixels)
        window = self.found.window
        if self.exponent != 1:
            np.power(pixels, np.float32(self.exponent), out=pixels)
            window = (window[0] ** self.exponent, window[1] ** self.exponent)
        facts = self.facts | {
            "bits": str(self.found.bits),
            "levels": str(self.found.count),
            "orientation": str(self.orientation),
        }
        upright = np.ascontiguousarray(turned(pixels, self.orientation))
        width, height = (self.width, self.height)[:: -1 if self.orientation >= 5 else 1]
        return Radiograph(upright, width, height, facts, window)

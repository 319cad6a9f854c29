"""Puts a film right that came inverted or turned; the original stays as it came."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from diagnosis.imaging.radiograph import Radiograph

INVERTED: Final = "inverted"
# Quarter turns counterclockwise that undo each; "rotated_90": the film came turned clockwise by 90°.
TURNS: Final = {"rotated_90": 1, "rotated_180": 2, "rotated_270": 3}


def corrected(radiograph: Radiograph, codes: Sequence[str]) -> Radiograph:
    """The film with each correction applied; without codes, the film itself.

    codes: "inverted", "rotated_90", "rotated_180" or "rotated_270", in any order. ValueError for others.
    """
    strangers = sorted(set(codes) - {INVERTED, *TURNS})
    if strangers:
        raise ValueError(f"no correction is called {', '.join(strangers)}")
    for code in codes:
        radiograph = _reversed(radiograph) if code == INVERTED else _turned(radiograph, TURNS[code])
    return radiograph


def _reversed(radiograph: Radiograph) -> Radiograph:
    low, high = radiograph.window
    return replace(radiograph, pixels=1 - radiograph.pixels, window=(1 - high, 1 - low))


def _turned(radiograph: Radiograph, quarters: int) -> Radiograph:
    pixels = np.ascontiguousarray(np.rot90(radiograph.pixels, quarters))
    if quarters % 2:
        return replace(radiograph, pixels=pixels, width=radiograph.height, height=radiograph.width)
    return replace(radiograph, pixels=pixels)

"""Turns a film upright by its EXIF orientation."""

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TAG: Final = 0x0112
_TURNS: Final[dict[int, Callable[[NDArray[Any]], NDArray[Any]]]] = {
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.T,
    6: lambda p: np.rot90(p, -1),
    7: lambda p: p[::-1, ::-1].T,
    8: lambda p: np.rot90(p),
}


def orientation_of(block: bytes) -> int:
    """The orientation 1-8 in an EXIF block; 1 if it names none."""
    exif = Image.Exif()
    try:
        with warnings.catch_warnings(action="ignore"):
            exif.load(block)
            value = int(exif.get(_TAG, 1))
    except Exception:  # a broken EXIF block says nothing about the pixels
        return 1
    return value if 1 <= value <= 8 else 1


def turned(pixels: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """The pixels with the orientation undone by flips and rotations."""
    return _TURNS[orientation](pixels) if orientation in _TURNS else pixels

"""Finds letters burnt into a film, by RapidOCR: its networks come in its package, and it asks nobody.

Where it is not installed nothing is found and nothing is called clean: `Reader` says so by NoReader. What is
found is judged by one rule, `names_nobody`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.imaging.dicom.clean_pixels import Box

# The markers that X-ray rooms put on a film: its side, how the patient stood, which way the beam went.
_WORDS: Final = (
    "L R LEFT RIGHT LT RT PA AP LL RL LAT LATERAL ERECT UPRIGHT SUPINE SITTING SEMI PORTABLE MOBILE CHEST "
    "EXPIRATION INSPIRATION SEMIERECT DECUBITUS BED STANDING PHANTOM"
)
MARKERS: Final = frozenset(_WORDS.split())
_TILE: Final = 900  # a film is read in pieces of this side, enlarged to about _SIDE
_OVERLAP: Final = 300
_SIDE: Final = 1800
_MOST: Final = 3
_SURE: Final = 0.5


class NoReader(Exception):
    """Nothing on this machine reads letters."""


@dataclass(frozen=True)
class Line:
    """Letters in one line, as they were read, and where, with a margin."""

    text: str
    box: Box


class Reader:
    """Reads letters; made before memory is limited, for it loads its networks."""

    def __init__(self) -> None:
        """Raises NoReader where RapidOCR is not installed, or cannot be loaded."""
        try:
            from rapidocr_onnxruntime import RapidOCR

            self._engine: Any = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)
        except Exception as error:  # a missing library of the system is an ImportError or worse
            raise NoReader(
                "nothing here reads letters burnt into a film (RapidOCR is not installed)"
            ) from error

    def lines_that_may_name(self, picture: NDArray[np.uint8]) -> list[Line]:
        """The lines of letters on a grey film that are no plain markers."""
        found = [line for top, left, tile in _tiles(picture) for line in self._lines(tile, left, top)]
        return [line for line in found if not names_nobody(line.text)]

    def _lines(self, tile: NDArray[np.uint8], left: int, top: int) -> Iterator[Line]:
        factor = max(1, min(_MOST, _SIDE // max(tile.shape)))
        picture = Image.fromarray(tile)
        size = (picture.width * factor, picture.height * factor)
        enlarged = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
        lines, _ = self._engine(np.repeat(enlarged[:, :, np.newaxis], 3, axis=2), text_score=0.0)
        for corners, text, sure in lines or ():
            if len(str(text).strip()) < 2 and float(sure) < _SURE:
                continue  # a shadow: every one is read as some sign
            yield Line(str(text), _box(np.asarray(corners, dtype=np.float64) / factor, left, top))


def names_nobody(text: str) -> bool:
    """Whether a line is only markers: a lone letter, L, R, AP, PORTABLE and their like, alone or together.

    A lone sign of a script that writes names with single signs is no marker.
    """
    words = "".join(sign if sign.isalnum() else " " for sign in text.upper()).split()
    return all(word in MARKERS or (len(word) < 2 and word.isascii()) for word in words)


def _tiles(picture: NDArray[np.uint8]) -> Iterable[tuple[int, int, NDArray[np.uint8]]]:
    """The film in pieces that overlap, so that a short line stands whole in one of them."""
    height, width = picture.shape
    for top in range(0, max(1, height - _OVERLAP), _TILE - _OVERLAP):
        for left in range(0, max(1, width - _OVERLAP), _TILE - _OVERLAP):
            yield top, left, picture[top : top + _TILE, left : left + _TILE]


def _box(corners: NDArray[np.float64], left: int, top: int) -> Box:
    """The rectangle around a line, with room at its ends for a letter that was not found."""
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    tall = min(y1 - y0, x1 - x0)
    x0, x1, y0, y1 = x0 - tall, x1 + tall, y0 - 0.3 * tall, y1 + 0.3 * tall
    first = max(0, int(x0) + left), max(0, int(y0) + top)
    return Box(*first, int(x1) + left + 1 - first[0], int(y1) + top + 1 - first[1])

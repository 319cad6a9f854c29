"""Finds letters burnt into a film, by RapidOCR: its networks come in its package, and it asks nobody.

Where it cannot be loaded, or does not find what is drawn to try it, nothing is called clean: `Reader` says so
by NoReader. What is found is judged by one rule, `names_nobody`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from diagnosis.imaging.dicom.clean_pixels import Box

# The markers that X-ray rooms put on a film: its side, how the patient stood, which way the beam went.
_WORDS: Final = (
    "L R LEFT RIGHT LT RT PA AP LL RL LAT LATERAL ERECT UPRIGHT SUPINE SITTING SEMI PORTABLE MOBILE CHEST "
    "EXPIRATION INSPIRATION SEMIERECT DECUBITUS BED STANDING PHANTOM"
)
MARKERS: Final = frozenset(_WORDS.split())
_TILE: Final = 1500  # a film is read in pieces of this side
_OVERLAP: Final = 300
_ENOUGH: Final = 900  # smaller films are enlarged to about this
_MOST: Final = 3
_SURE: Final = 0.5
_LARGEST: Final = 0.25  # of a piece's side: a lone sign larger than this is a chest
_FEW: Final = 4  # so many different markers stand on a film; more are a name with gaps, or down the edge
_PARAMETERS: Final = {
    "Global.log_level": "error",
    "Global.use_cls": False,  # which turns lines that stand on their head
    "Global.text_score": 0.0,  # what is hardly legible may still be a name
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


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
        """Raises NoReader where RapidOCR cannot be loaded, or does not read what is drawn for it."""
        try:
            from rapidocr import RapidOCR

            self._engine: Any = RapidOCR(params=_PARAMETERS)
            works = bool(self.lines_that_may_name(_trial()))
        except Exception as error:  # a library of the system that is missing is an ImportError or worse
            raise NoReader("RapidOCR cannot be loaded here") from error
        if not works:
            raise NoReader("RapidOCR does not read here")

    def lines_that_may_name(self, picture: NDArray[np.uint8]) -> list[Line]:
        """The lines of letters on a grey film that are no plain markers."""
        found = [line for top, left, tile in _tiles(picture) for line in self._lines(tile, left, top)]
        markers = [line for line in found if names_nobody(line.text)]
        few = len({" ".join(line.text.split()) for line in markers}) <= _FEW
        return [line for line in found if not (few and names_nobody(line.text))]

    def _lines(self, tile: NDArray[np.uint8], left: int, top: int) -> Iterator[Line]:
        factor = max(1, min(_MOST, _ENOUGH // max(tile.shape)))
        picture = Image.fromarray(tile)
        size = (picture.width * factor, picture.height * factor)
        enlarged = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
        found = self._engine(np.repeat(enlarged[:, :, np.newaxis], 3, axis=2))
        if found.boxes is None:
            return
        read = getattr(found, "txts", None) is not None
        texts, scores = (found.txts, found.scores) if read else (repeat("unread"), repeat(1.0))
        for found_at, text, sure in zip(found.boxes, texts, scores, strict=False):
            corners = np.asarray(found_at, dtype=np.float64) / factor
            large = np.ptp(corners, axis=0).min() > _LARGEST * min(tile.shape)
            if len(str(text).strip()) < 2 and (large or float(sure) < _SURE):
                continue  # a shadow: every one is read as some sign
            yield Line(str(text), _box(corners, left, top))


def _trial() -> NDArray[np.uint8]:
    """A name on grey: loads both networks, and shows that they work."""
    picture = Image.new("L", (240, 240), 90)
    ImageDraw.Draw(picture).text((20, 90), "MEIER, ANNA", fill=255, font=ImageFont.load_default(28))
    return np.asarray(picture)


def names_nobody(text: str) -> bool:
    """Whether a line is only markers: L, R, AP, PORTABLE and their like, alone or with one lone letter.

    A lone sign of a script that writes names with single signs is no marker, nor are several lone letters.
    """
    words = "".join(sign if sign.isalnum() else " " for sign in text.upper()).split()
    others = [word for word in words if word not in MARKERS]
    return not others or (len(others) == 1 and len(others[0]) < 2 and others[0].isascii())


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

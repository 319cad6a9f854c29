"""Decodes a PNG film at its full depth, averaging while its rows come in."""

import struct
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.header import PngLayout, cut_off
from diagnosis.imaging.raster.decoded import DecodedFilm
from diagnosis.imaging.raster.grey import Brightness, colourfulness, luma
from diagnosis.imaging.raster.levels import deep_levels, plain_levels
from diagnosis.imaging.raster.orientation import orientation_of
from diagnosis.imaging.raster.png_rows import checked_block, strips
from diagnosis.imaging.raster.reduction import Reduction

_MODES: Final = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
_SCREEN_GAMMA: Final = 45_455  # 1/2.2, in the file's hundred thousandths
_LIKE_A_SCREEN: Final = 0.05
_MAX_EXIF: Final = 1 << 20


def read_png(stream: BinaryIO, film: PngLayout, *, factor: int) -> DecodedFilm:
    """The film, each side `factor` times smaller. Raises FilmRefused."""
    if not film.whole:
        raise cut_off()
    brightness, deep = Brightness(stream, film), film.depth == 16
    reduction = Reduction(film.width, film.height, brightness.channels, factor=factor, deep=deep)
    counts = np.zeros(65_536 if deep else 256, dtype=np.int64)
    for strip in strips(stream, film):
        reduction.add(strip.grid, strip.first, brightness.of(strip.samples))
        if factor > 1:  # means would blur a frame's level into the film's
            counts += _counted(luma(brightness.of(strip.samples[::factor, ::factor])), len(counts))
    means = reduction.means()
    levels, colours = luma(means), colourfulness(means)
    del means
    if factor == 1:
        counts = _counted(levels, len(counts))
    return DecodedFilm(
        levels,
        film.width,
        film.height,
        deep_levels(counts, _significant(stream, film)) if deep else plain_levels(counts),
        _orientation(stream, film),
        facts={
            "format": "png",
            "mode": _mode(film),
            "reduction": str(factor),
            "colourfulness": f"{colours:.4f}",
        },
        exponent=_exponent(stream, film),
    )


def _counted(levels: NDArray[np.unsignedinteger], size: int) -> NDArray[np.int64]:
    return np.bincount(levels.ravel(), minlength=size)


def _mode(film: PngLayout) -> str:
    if film.colour == 0 and film.depth in (1, 16):
        return "1" if film.depth == 1 else "I;16"
    return _MODES[film.colour] + (";16" if film.depth == 16 else "")


def _exponent(stream: BinaryIO, film: PngLayout) -> float:
    """The exponent that turns levels into a screen's: 1 unless the file names another (see the package)."""
    if b"gAMA" not in film.blocks or {b"sRGB", b"iCCP", b"cICP"} & set(film.blocks):
        return 1.0
    data = checked_block(stream, film.blocks[b"gAMA"], b"gAMA")
    gamma = struct.unpack(">I", data)[0] if len(data) == 4 else 0
    if not 10_000 <= gamma <= 1_000_000:  # no exponent that a picture can have
        return 1.0
    exponent = _SCREEN_GAMMA / gamma
    return 1.0 if abs(exponent - 1) < _LIKE_A_SCREEN else exponent


def _significant(stream: BinaryIO, film: PngLayout) -> int:
    """How many bits of a sample count, by the file's own word."""
    if b"sBIT" not in film.blocks or film.blocks[b"sBIT"][1] > 4:
        return film.depth
    bits = checked_block(stream, film.blocks[b"sBIT"], b"sBIT")[: 1 if film.colour in (0, 4) else 3]
    return max(bits) if bits and 8 <= max(bits) <= film.depth else film.depth


def _orientation(stream: BinaryIO, film: PngLayout) -> int:
    offset, length = film.blocks.get(b"eXIf", (0, 0))
    if not 0 < length <= _MAX_EXIF:
        return 1
    stream.seek(offset)
    return orientation_of(stream.read(length))

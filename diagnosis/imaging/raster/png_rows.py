"""Gives the rows of a PNG at their full depth, a strip at a time, so that no film stands in memory whole.

zlib inflates; Pillow's decoder undoes the row filters: each strip is given to it as a small picture, headed
by the row above it. Pillow alone would keep but 8 bits of the 16 of colour and of grey with alpha.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.imaging.header import PngLayout, Span, cut_off
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

STRIP_BYTES: Final = 1 << 20
_BLOCK: Final = 1 << 18
CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Pillow's names for pixels of so many bytes; of 6 and 8 bytes, it gives the first of each two and the second.
_PIXELS: Final = {1: "L", 2: "I;16", 3: "RGB", 4: "RGBA"}
_WIDE_PIXELS: Final = {6: "RGB", 8: "RGBA"}


@dataclass(frozen=True)
class Grid:
    """Where samples lie in the film: each `down`-th row from `top`, each `across`-th column from `left`.

    An interlaced film comes in seven grids, any other in one.
    """

    left: int = 0
    top: int = 0
    across: int = 1
    down: int = 1


@dataclass(frozen=True)
class Strip:
    """Rows of a grid from its row `first` on: samples (rows, columns, channels), uint8 or uint16."""

    grid: Grid
    first: int
    samples: NDArray[np.unsignedinteger]


_WHOLE: Final = (Grid(),)
_ADAM7: Final = (
    Grid(0, 0, 8, 8), Grid(4, 0, 8, 8), Grid(0, 4, 4, 8), Grid(2, 0, 4, 4),
    Grid(0, 2, 2, 4), Grid(1, 0, 2, 2), Grid(0, 1, 1, 2),
)  # fmt: skip


def damaged() -> FilmRefused:
    """The refusal of a PNG whose pixels cannot be decoded."""
    return FilmRefused(Refusal.DAMAGED, "The PNG file is damaged and cannot be decoded.", EXPORT_AGAIN)


def checked_block(stream: BinaryIO, span: Span, kind: bytes) -> bytes:
    """A chunk's data, its checksum compared. Raises FilmRefused."""
    stream.seek(span[0])
    data = stream.read(span[1])
    _compare(stream, zlib.crc32(data, zlib.crc32(kind)))
    return data


def strips(stream: BinaryIO, film: PngLayout) -> Iterator[Strip]:
    """Yield the film's samples at full depth, from top to bottom (interlaced: grid by grid).

    Grey of 1, 2 and 4 bits is spread over 8, palette entries stay numbers. Raises FilmRefused for pixels that
    are damaged or cut off.
    """
    inflated = _Inflated(stream, film.image)
    bits = film.depth * CHANNELS[film.colour]
    for grid in _ADAM7 if film.interlaced else _WHOLE:
        columns = -(-(film.width - grid.left) // grid.across)
        rows = -(-(film.height - grid.top) // grid.down)
        if columns <= 0 or rows <= 0:
            continue
        length, pixel = -(-columns * bits // 8), max(1, bits // 8)
        above, at_once = bytes(length), max(1, STRIP_BYTES // (length + 1))
        for first in range(0, rows, at_once):
            count = min(at_once, rows - first)
            plain = _unfiltered(inflated.read(count * (length + 1)), above, count, pixel)
            above = plain[-1].tobytes()
            yield Strip(grid, first, _samples(plain, columns, film))
    inflated.check_rest()


def _unfiltered(filtered: bytes, above: bytes, rows: int, pixel: int) -> NDArray[np.uint8]:
    """The rows' bytes (rows, length), given the row above and the size of a pixel in bytes."""
    stream, size = zlib.compress(b"\0" + above + filtered, 0), (len(above) // pixel, rows + 1)
    try:
        if pixel in _PIXELS:
            mode = _PIXELS[pixel]
            picture = np.asarray(Image.frombytes(mode, size, stream, "zip", mode))
            return np.ascontiguousarray(picture[1:]).view(np.uint8).reshape(rows, len(above))
        plain = np.empty((rows, len(above) // 2, 2), dtype=np.uint8)
        mode = _WIDE_PIXELS[pixel]
        for place, half in enumerate("BL"):
            picture = np.asarray(Image.frombytes(mode, size, stream, "zip", f"{mode};16{half}"))
            plain[..., place] = picture[1:].reshape(rows, -1)
        return plain.reshape(rows, len(above))
    except (ValueError, OSError, SyntaxError) as error:  # an unknown filter
        raise damaged() from error


def _samples(rows: NDArray[np.uint8], columns: int, film: PngLayout) -> NDArray[np.unsignedinteger]:
    """The samples (rows, columns, channels) in rows of bytes."""
    shape = (len(rows), columns, CHANNELS[film.colour])
    if film.depth == 16:
        return rows.view(">u2").astype(np.uint16).reshape(shape)
    if film.depth == 8:
        return rows.reshape(shape)
    places = np.arange(8 - film.depth, -1, -film.depth, dtype=np.uint8)
    most = np.uint8((1 << film.depth) - 1)
    packed = (rows[..., np.newaxis] >> places) & most
    levels = packed.reshape(len(rows), -1)[:, :columns]
    return (levels if film.colour == 3 else levels * (np.uint8(255) // most)).reshape(shape)


class _Inflated:
    """The inflated bytes of a PNG's pixels, read a piece at a time, each chunk's checksum compared."""

    def __init__(self, stream: BinaryIO, spans: list[Span]) -> None:
        self._blocks = _checked(stream, spans)
        self._inflate = zlib.decompressobj()
        self._waiting = b""

    def read(self, size: int) -> bytes:
        """Exactly so many bytes; raises FilmRefused if there are fewer."""
        parts = list[bytes]()
        try:
            while size:
                part = self._inflate.decompress(self._waiting, size)
                self._waiting = self._inflate.unconsumed_tail
                parts.append(part)
                size -= len(part)
                if not part and self._inflate.eof:
                    raise cut_off()
                if not part and not self._waiting:
                    self._waiting = next(self._blocks)
        except StopIteration:
            raise cut_off() from None
        except zlib.error as error:
            raise damaged() from error
        return b"".join(parts)

    def check_rest(self) -> None:
        """Compare the checksums of what is left; whatever it holds, nobody looks at it."""
        for _ in self._blocks:
            pass


def _checked(stream: BinaryIO, spans: list[Span]) -> Iterator[bytes]:
    for offset, length in spans:
        crc = zlib.crc32(b"IDAT")
        while length:
            stream.seek(offset)
            block = stream.read(min(length, _BLOCK))
            if not block:
                raise cut_off()
            crc, offset, length = zlib.crc32(block, crc), offset + len(block), length - len(block)
            yield block
        stream.seek(offset)
        _compare(stream, crc)


def _compare(stream: BinaryIO, crc: int) -> None:
    found = stream.read(4)
    if len(found) < 4:
        raise cut_off()
    if found != crc.to_bytes(4, "big"):
        raise FilmRefused(Refusal.DAMAGED, "The PNG file is damaged: a checksum is wrong.", EXPORT_AGAIN)

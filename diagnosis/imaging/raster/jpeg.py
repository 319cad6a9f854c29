"""Decodes a JPEG film with Pillow, which halves it on the way.

Pillow sees the tables and the scans alone: metadata, of any size or form, never reaches it.
"""

import io
from typing import BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.imaging.header import JpegLayout
from diagnosis.imaging.raster.decoded import DecodedFilm
from diagnosis.imaging.raster.grey import colourfulness
from diagnosis.imaging.raster.levels import plain_levels
from diagnosis.imaging.raster.orientation import orientation_of
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

_END: Final = b"\xff\xd9"
# Bytes of a scan, restart marks among them, that a decoder would turn into pixels if it still missed some.
# They begin with 0 because a cut may have left half a marker.
_PADDING: Final = (
    bytes(range(250)) * 16 + b"".join(bytes([*range(250), 0xFF, 0xD0 + k]) for k in range(8)) * 4
)
_GREY: Final = 128  # what a decoder makes of blocks that never came


def read_jpeg(stream: BinaryIO, film: JpegLayout, *, factor: int) -> DecodedFilm:
    """The film, each side `factor` times smaller. Raises FilmRefused."""
    mode, levels, colours = _decoded(stream, film, factor)
    if not film.whole or _may_lack_its_end(levels):
        _, padded, _ = _decoded(stream, film, factor, _PADDING)
        if not film.refined or not np.array_equal(levels, padded):
            raise FilmRefused(Refusal.TRUNCATED, "The JPEG file is cut off before its end.", EXPORT_AGAIN)
    orientation = 1
    if film.exif is not None:
        stream.seek(film.exif[0])
        orientation = orientation_of(stream.read(film.exif[1]))
    facts = {"format": "jpeg", "mode": mode, "reduction": str(factor), "colourfulness": f"{colours:.4f}"}
    found = plain_levels(np.bincount(levels.ravel(), minlength=256))
    return DecodedFilm(levels, film.width, film.height, found, orientation, facts)


def _may_lack_its_end(levels: NDArray[np.uint8]) -> bool:
    """Whether the last pixels look as if they had never come, although the file has its end mark."""
    return bool((levels[-1, -1] == _GREY) and (levels[-1:, -8:] == _GREY).all())


def _decoded(
    stream: BinaryIO, film: JpegLayout, factor: int, padding: bytes = b""
) -> tuple[str, NDArray[np.uint8], float]:
    """Mode, grey levels (height, width) and colourfulness; `padding` stands before the end mark."""
    with Image.open(cast(BinaryIO, _Plain(stream, film, padding + _END)), formats=["JPEG"]) as image:
        # With two size blocks in one file, the decoder could use another size than the one checked.
        if image.size != (film.width, film.height):
            raise FilmRefused(Refusal.DAMAGED, "The file gives two different image sizes.", EXPORT_AGAIN)
        mode = image.mode
        if factor > 1:
            image.draft(None, (max(1, image.width // factor), max(1, image.height // factor)))
        image.load()
        remaining = max(1, factor * image.width // film.width)  # what the decoder did not reduce
        picture = image.reduce(remaining) if remaining > 1 else image
        if picture.mode == "L":
            return mode, np.asarray(picture), 0.0
        colour = picture.convert("RGB")
        return mode, np.asarray(colour.convert("L")), colourfulness(np.asarray(colour))


class _Plain(io.RawIOBase):
    """A JPEG without its metadata, as a file: its tables, its scans, and an end."""

    def __init__(self, stream: BinaryIO, film: JpegLayout, end: bytes) -> None:
        self._stream = stream
        head = [b"\xff\xd8"]
        for offset, length in film.kept:
            stream.seek(offset)
            head.append(stream.read(length))
        self._head, self._end = b"".join(head), end
        self._scans = film.scans_at, film.end
        self._place = 0
        self._size = len(self._head) + max(0, film.end - film.scans_at) + len(end)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def read(self, size: int = -1) -> bytes:
        size = self._size - self._place if size < 0 else size
        parts = list[bytes]()
        while size > 0 and (part := self._piece(size)):
            parts.append(part)
            self._place += len(part)
            size -= len(part)
        return b"".join(parts)

    def _piece(self, size: int) -> bytes:
        place, (begin, end) = self._place, self._scans
        if place < len(self._head):
            return self._head[place : place + size]
        place -= len(self._head)
        if place < end - begin:
            self._stream.seek(begin + place)
            if part := self._stream.read(min(size, end - begin - place)):
                return part
        return self._end[place - (end - begin) :][:size] if place >= end - begin else b""

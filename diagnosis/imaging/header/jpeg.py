"""Reads a JPEG file's segments up to the one with the image size."""

import struct
from collections.abc import Iterator
from typing import Final

from diagnosis.imaging.header.film import FilmHeader, FilmSource
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

MAX_JUNK: Final = 65_536
_SIZE_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD8)})


def jpeg_header(stream: FilmSource) -> FilmHeader:
    stream.seek(2)
    for marker in _markers(stream):
        if marker in _BARE_MARKERS:
            continue
        length = stream.read(2)
        if marker in (0xD9, 0xDA) or len(length) < 2:
            break
        if marker in _SIZE_MARKERS:
            data = stream.read(5)
            if len(data) == 5:
                _, height, width = struct.unpack(">BHH", data)
                return FilmHeader("image/jpeg", width, height)
            break
        stream.seek(max(0, struct.unpack(">H", length)[0] - 2), 1)
    raise FilmRefused(Refusal.DAMAGED, "The JPEG file's header is damaged or cut off.", EXPORT_AGAIN)


def _markers(stream: FilmSource) -> Iterator[int]:
    """Yield each marker's code, with the stream positioned after it.

    Ends with the stream, or after reading MAX_JUNK single bytes in all: a file of bytes that belong to no
    block would keep the web process busy for seconds.
    """
    previous = b""
    for _ in range(MAX_JUNK):
        byte = stream.read(1)
        if not byte:
            return
        if previous == b"\xff" and byte not in (b"\x00", b"\xff"):
            yield byte[0]
            previous = b""
        else:
            previous = byte

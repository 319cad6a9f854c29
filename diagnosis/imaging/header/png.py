"""Reads a PNG file's chunks up to the first with pixels."""

import struct
from collections.abc import Iterator
from typing import Final

from diagnosis.imaging.header.film import FilmHeader, FilmSource
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MAX_BLOCKS: Final = 4096


def png_chunks(stream: FilmSource) -> Iterator[tuple[bytes, int]]:
    """Yield each chunk's kind and length, with the stream at its data; raises FilmRefused at damage."""
    position = len(PNG_SIGNATURE)
    while True:
        stream.seek(position)
        head = stream.read(8)
        if len(head) < 8:
            raise FilmRefused(Refusal.TRUNCATED, "The PNG file ends before its image does.", EXPORT_AGAIN)
        length, kind = struct.unpack(">I4s", head)
        if length > 0x7FFFFFFF or not kind.isalpha():
            raise FilmRefused(Refusal.DAMAGED, "The PNG file is damaged.", EXPORT_AGAIN)
        yield kind, length
        position += 12 + length


def png_header(stream: FilmSource) -> FilmHeader:
    header = None
    for number, (kind, length) in enumerate(png_chunks(stream)):
        if number == 0:
            header = _png_size(stream, kind, length)
        elif kind == b"acTL":
            frames = stream.read(4)
            if len(frames) < 4 or struct.unpack(">I", frames)[0] != 1:
                raise FilmRefused(
                    Refusal.ANIMATED,
                    "The PNG file is an animation with several pictures.",
                    "Send each film as a separate image.",
                )
        elif kind == b"IDAT" and header is not None:
            return header
        if kind == b"IEND" or number > MAX_BLOCKS:
            break
    raise FilmRefused(Refusal.DAMAGED, "The PNG file holds no image.", EXPORT_AGAIN)


def _png_size(stream: FilmSource, kind: bytes, length: int) -> FilmHeader:
    data = stream.read(8)
    if kind != b"IHDR" or length != 13 or len(data) < 8:
        raise FilmRefused(Refusal.DAMAGED, "The PNG file's header is damaged.", EXPORT_AGAIN)
    width, height = struct.unpack(">II", data)
    return FilmHeader("image/png", width, height)

"""Reads where the chunks of a PNG file lie, without inflating any."""

import struct
from collections.abc import Iterator
from typing import Final

from diagnosis.imaging.header.film import FilmSource, PngLayout, Span
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# Pixels may come a row at a time. Of everything else, the largest honest files hold some dozens.
MAX_CHUNKS: Final = 65_536
MAX_OTHER_CHUNKS: Final = 4_096
# The chunks that say something about the pixels; all others are skipped, whatever their size.
MEANINGFUL: Final = frozenset(
    {b"IHDR", b"PLTE", b"tRNS", b"sBIT", b"gAMA", b"sRGB", b"iCCP", b"cICP", b"eXIf", b"IEND"}
)
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def cut_off() -> FilmRefused:
    """The refusal of a PNG that ends too early."""
    return FilmRefused(Refusal.TRUNCATED, "The PNG file ends before its image does.", EXPORT_AGAIN)


def png_chunks(stream: FilmSource) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's kind, offset of its data and length; raises FilmRefused at damage."""
    position = len(PNG_SIGNATURE)
    while True:
        stream.seek(position)
        head = stream.read(8)
        if len(head) < 8:
            raise cut_off()
        length, kind = struct.unpack(">I4s", head)
        if length > 0x7FFFFFFF or not kind.isalpha():
            raise FilmRefused(Refusal.DAMAGED, "The PNG file is damaged.", EXPORT_AGAIN)
        yield kind, position + 8, length
        position += 12 + length


def png_layout(stream: FilmSource) -> PngLayout:
    """The layout of a PNG; one that is cut off among or after its pixels is not `whole`."""
    blocks, image, others = dict[bytes, Span](), list[Span](), 0
    for kind, offset, length in _until_cut(stream, image):
        if kind == b"IDAT":
            if not image or sum(image[-1]) + 12 == offset:  # pixels stand in one run of chunks
                image.append((offset, length))
            continue
        others += 1
        if others > MAX_OTHER_CHUNKS:
            raise _too_many_chunks()
        if kind == b"acTL":
            _check_single(stream)
        if kind in MEANINGFUL:
            blocks.setdefault(kind, (offset, length))
        if kind == b"IEND":
            break
    if not image:
        raise FilmRefused(Refusal.DAMAGED, "The PNG file holds no image.", EXPORT_AGAIN)
    return _layout(stream, blocks, image)


def _until_cut(stream: FilmSource, image: list[Span]) -> Iterator[tuple[bytes, int, int]]:
    """The chunks, the header first and only there; ends where a file is cut off after pixels were found."""
    try:
        for number, chunk in enumerate(png_chunks(stream)):
            if number >= MAX_CHUNKS:
                raise _too_many_chunks()
            if (number == 0) != (chunk[0] == b"IHDR"):
                raise FilmRefused(Refusal.DAMAGED, "The PNG file's header is damaged.", EXPORT_AGAIN)
            yield chunk
    except FilmRefused as refusal:
        if not image or refusal.code != Refusal.TRUNCATED:
            raise


def _check_single(stream: FilmSource) -> None:
    frames = stream.read(4)
    if len(frames) < 4 or struct.unpack(">I", frames)[0] != 1:
        raise FilmRefused(
            Refusal.ANIMATED,
            "The PNG file is an animation with several pictures.",
            "Send each film as a separate image.",
        )


def _layout(stream: FilmSource, blocks: dict[bytes, Span], image: list[Span]) -> PngLayout:
    (offset, length), end = blocks.pop(b"IHDR"), blocks.pop(b"IEND", None)
    stream.seek(offset)
    data = stream.read(13)
    if length != 13 or len(data) < 13:
        raise FilmRefused(Refusal.DAMAGED, "The PNG file's header is damaged.", EXPORT_AGAIN)
    width, height, depth, colour, packing, filters, interlace = struct.unpack(">IIBBBBB", data)
    known = depth in _DEPTHS.get(colour, ()) and packing == filters == 0 and interlace in (0, 1)
    if not known or (colour == 3 and b"PLTE" not in blocks):
        raise FilmRefused(Refusal.DAMAGED, "The PNG file's header is damaged.", EXPORT_AGAIN)
    return PngLayout(
        "image/png",
        width,
        height,
        depth=depth,
        colour=colour,
        interlaced=interlace == 1,
        blocks=blocks,
        image=image,
        whole=end is not None,
    )


def _too_many_chunks() -> FilmRefused:
    return FilmRefused(
        Refusal.TOO_COMPLEX,
        f"The PNG file consists of too many pieces (more than {MAX_CHUNKS}, or more than {MAX_OTHER_CHUNKS} "
        "that hold no pixels).",
        EXPORT_AGAIN,
    )

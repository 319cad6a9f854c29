"""Finds the fragments of a compressed film, and whether all of them are there."""

from typing import Final

from diagnosis.imaging.dicom.elements import cut_off, damaged
from diagnosis.imaging.header.film import FilmSource, Span
from diagnosis.imaging.refusal import FilmRefused, Refusal

MAX_FRAGMENTS: Final = 20_000
START: Final = 1 << 20  # bytes in which a stream must say what it is
_ITEM: Final = b"\xfe\xff\x00\xe0"
_END: Final = b"\xfe\xff\xdd\xe0"


def fragments(stream: FilmSource, place: int, size: int) -> list[Span]:
    """Where the fragments of the one frame lie, without the table of offsets. Raises FilmRefused."""
    spans = list[Span]()
    for _ in range(MAX_FRAGMENTS):
        stream.seek(place)
        head = stream.read(8)
        if head.startswith(_END):
            return _frame(spans[1:])
        if len(head) < 8:
            if len(head) == 0 and _seems_whole(stream, spans[1:]):
                return _frame(spans[1:])  # the mark of the end is all that is missing
            raise cut_off()
        length = int.from_bytes(head[4:], "little")
        if not head.startswith(_ITEM):
            raise damaged("The film's compressed pixel data is damaged: its pieces cannot be told apart.")
        if place + 8 + length > size:
            raise cut_off()
        spans.append((place + 8, length))
        place += 8 + length
    raise FilmRefused(
        Refusal.TOO_COMPLEX, f"The film's pixel data is in more than {MAX_FRAGMENTS:,} pieces.",
        "Let the X-ray system or archive store the film anew and send that file.",
    )  # fmt: skip


def first_bytes(stream: FilmSource, spans: list[Span], most: int = START) -> bytes:
    """The beginning of what the fragments hold."""
    parts, left = list[bytes](), most
    for offset, length in spans:
        if left <= 0:
            break
        stream.seek(offset)
        parts.append(stream.read(min(length, left)))
        left -= length
    return b"".join(parts)


def _frame(spans: list[Span]) -> list[Span]:
    spans = [(offset, length) for offset, length in spans if length]
    if not spans:
        raise FilmRefused(
            Refusal.NO_PIXELS, "The film's pixel data is empty: its compressed pieces are missing.",
            "Export the film again from the X-ray system and send the new file.",
        )  # fmt: skip
    return spans


def _seems_whole(stream: FilmSource, spans: list[Span]) -> bool:
    """Whether the last fragment ends as JPEG streams of all kinds do."""
    if not spans or spans[-1][1] < 4:
        return False
    offset, length = spans[-1]
    stream.seek(offset + length - 4)
    return b"\xff\xd9" in stream.read(4)

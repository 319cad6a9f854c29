"""Says whether two DICOM files hold the same film under another wrapping.

Each program that sends or stores a film writes a meta header of its own, with its name and version in it.
"""

from typing import Final

from diagnosis.imaging.header.film import FilmSource

_CHUNK: Final = 1 << 20
_MOST_ELEMENTS: Final = 64
_LONG: Final = frozenset({b"OB", b"OW", b"UN", b"SQ", b"UT", b"UC", b"UR"})


def is_same_film(one: FilmSource, other: FilmSource) -> bool:
    """Whether the two data sets, all that follows the meta headers, are the same bytes."""
    one.seek(_begins(one))
    other.seek(_begins(other))
    while True:
        mine, theirs = one.read(_CHUNK), other.read(_CHUNK)
        if mine != theirs:
            return False
        if not mine:
            return True


def _begins(film: FilmSource) -> int:
    """Where the data set begins: after preamble and meta header, if there are any."""
    film.seek(0)
    place = 132 if film.read(132)[128:] == b"DICM" else 0
    for _ in range(_MOST_ELEMENTS):
        film.seek(place)
        head = film.read(12)
        if head[:2] != b"\x02\x00" or len(head) < 12:
            break
        if head[4:6] in _LONG:
            place += 12 + int.from_bytes(head[8:12], "little")
        else:
            place += 8 + int.from_bytes(head[6:8], "little")
    return place

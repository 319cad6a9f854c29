"""Spoils films: one or a few mutations of a whole one, drawn by chance."""

import random
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from diagnosis.imaging.dicom.syntaxes import BIG_ENDIAN, DEFLATED, EXPLICIT, NAMES
from diagnosis.management.fuzzing import elements, harmless
from diagnosis.management.fuzzing.elements import DicomFile, dataset_start, deflated, inflated
from diagnosis.management.fuzzing.seeds import DICOM, JPEG, PNG, Seed

_OTHER_SYNTAXES: Final = (*NAMES, "1.2.840.10008.1.2.4.100", "1.2.3", "1.2.840.10008.1.2.4.", "x")
_WHOLE: Final = 0.12
_HARMLESS: Final = 0.22


@dataclass(frozen=True)
class Spoilt:
    """A film and what was done to it."""

    film: Seed
    how: tuple[str, ...]

    @property
    def content(self) -> bytes:
        """Its bytes."""
        return self.film.content


def spoil(chance: random.Random, film: Seed) -> Spoilt:
    """The film after one to three mutations; some stay whole or whole enough to be taken."""
    fate = chance.random()
    if fate < _WHOLE:
        return Spoilt(film, ("whole",))
    if fate < _WHOLE + _HARMLESS and film.content:
        return _slightly(chance, film)
    how = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        name, content = _once(chance, film)
        film = replace(film, content=content)
        how.append(name)
    return Spoilt(film, tuple(how))


def _slightly(chance: random.Random, film: Seed) -> Spoilt:
    """The film after one to three changes that do it no harm."""
    how = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        name, content = _taken_apart(film, partial(harmless.changed, chance, film.content))
        film = replace(film, content=content)
        how.append(name)
    return Spoilt(film, tuple(how))


def _once(chance: random.Random, film: Seed) -> tuple[str, bytes]:
    own = chance.random() < 0.7
    if own and film.kind == DICOM and film.content:
        return _dicom(chance, film)
    if own and film.kind in (PNG, JPEG) and film.content:
        kinds = _OF_PNG if film.kind == PNG else _OF_JPEG
        name = chance.choice(list(kinds))
        return name, kinds[name](chance, film.content)
    name = chance.choice(list(BYTES))
    return name, BYTES[name](chance, film.content)


def _dicom(chance: random.Random, film: Seed) -> tuple[str, bytes]:
    if chance.random() < 0.12:
        return "another transfer syntax", _other_syntax(chance, film.content)
    if film.syntax == BIG_ENDIAN:
        return "bits", _bits(chance, film.content)
    name = chance.choice(list(elements.MUTATIONS))

    def mutated(file: DicomFile | None) -> tuple[str, bytes]:
        return (name, elements.MUTATIONS[name](chance, file).content) if file else ("nothing", film.content)

    return _taken_apart(film, mutated)


def _taken_apart(film: Seed, change: Callable[[DicomFile | None], tuple[str, bytes]]) -> tuple[str, bytes]:
    """What a change makes of a film, which it gets as elements, inflated; as None if it has none."""
    start, content = dataset_start(film.content), film.content
    if film.kind != DICOM or film.syntax == BIG_ENDIAN:
        return change(None)
    if film.syntax == DEFLATED:
        content = content[:start] + inflated(content[start:])
    file = DicomFile.of(content, EXPLICIT if film.syntax == DEFLATED else film.syntax)
    if not file.elements:
        return "nothing", film.content
    name, changed = change(file)
    if film.syntax == DEFLATED:
        changed = changed[:start] + deflated(changed[start:])
    return name, changed


def _other_syntax(chance: random.Random, content: bytes) -> bytes:
    place = content[:1024].find(b"\x02\x00\x10\x00UI")
    if place < 0:
        return content
    length = int.from_bytes(content[place + 6 : place + 8], "little")
    uid = chance.choice(_OTHER_SYNTAXES).encode()
    uid += b"\0" * (len(uid) % 2)
    changed = content[: place + 6] + struct.pack("<H", len(uid)) + uid + content[place + 8 + length :]
    if changed[132:138] == b"\x02\x00\x00\x00UL" and chance.random() < 0.8:
        group = int.from_bytes(content[140:144], "little") + len(uid) - length
        changed = changed[:140] + struct.pack("<I", max(0, group)) + changed[144:]
    return changed


# ------------------------------------------------------------------------------------------ any bytes


def _place(chance: random.Random, content: bytes) -> int:
    """Mostly at the beginning, where the header is."""
    most = len(content) if chance.random() < 0.4 else min(len(content), 1500)
    return chance.randrange(most) if most else 0


def _bits(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 2, 8, 64)) if content else 0):
        changed[_place(chance, content)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(chance: random.Random, content: bytes) -> bytes:
    return content[
        : chance.choice((0, 1, 131, 132, _place(chance, content), len(content) - 1, len(content) // 2))
    ]


def _removed(chance: random.Random, content: bytes) -> bytes:
    place = _place(chance, content)
    return content[:place] + content[place + chance.choice((1, 2, 8, 500)) :]


def _inserted(chance: random.Random, content: bytes) -> bytes:
    place = _place(chance, content)
    what = chance.choice(
        (b"\0", b"\xff" * 4, b"\xff\xfe\x00\xe0", chance.randbytes(64), content[:200], b"\0" * 5000)
    )
    return content[:place] + what + content[place:]


def _garbage(chance: random.Random, content: bytes) -> bytes:
    return content + chance.choice(
        (b"\0", b"\xfc\xff\xfc\xff\x00\x00\x00\x02", chance.randbytes(3000), content, b"PK\x05\x06")
    )


def _overwritten(chance: random.Random, content: bytes) -> bytes:
    place = _place(chance, content)
    what = chance.choice((b"\xff" * 8, b"\0" * 16, chance.randbytes(20)))
    return content[:place] + what + content[place + len(what) :]


BYTES: Final[Mapping[str, Callable[[random.Random, bytes], bytes]]] = {
    "bits": _bits,
    "cut off": _cut,
    "bytes removed": _removed,
    "bytes inserted": _inserted,
    "garbage after": _garbage,
    "overwritten": _overwritten,
}

# ------------------------------------------------------------------------------------------- pictures


def _chunk(kind: bytes, data: bytes, crc: int | None = None) -> bytes:
    sum_of = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", sum_of)


def _png_size(chance: random.Random, content: bytes) -> bytes:
    sides = (0, 1, 31, 193, 20_000, 65_535, 0x7FFFFFFF, 0xFFFFFFFF)
    header = struct.pack(">II", chance.choice(sides), chance.choice(sides)) + content[24:29]
    return content[:8] + _chunk(b"IHDR", header) + content[33:]


def _png_kind(chance: random.Random, content: bytes) -> bytes:
    header = content[16:24] + bytes(chance.choice((0, 1, 2, 3, 4, 6, 8, 16, 255)) for _ in range(5))
    return content[:8] + _chunk(b"IHDR", header) + content[33:]


def _png_chunk(chance: random.Random, content: bytes) -> bytes:
    kinds = (
        b"tEXt",
        b"zTXt",
        b"iCCP",
        b"acTL",
        b"PLTE",
        b"tRNS",
        b"eXIf",
        b"IHDR",
        b"IEND",
        b"gAMA",
        b"ABCD",
        b"\0\0\0\0",
    )
    bomb = b"a\0\0" + zlib.compress(bytes(2_000_000))
    data = chance.choice((b"", bomb, chance.randbytes(40), b"II*\0\x08\0\0\0\xff\xff" + bytes(30)))
    return content[:33] + _chunk(chance.choice(kinds), data, chance.choice((None, None, 0))) + content[33:]


def _png_rows(chance: random.Random, content: bytes) -> bytes:
    rows = chance.choice((b"", bytes(100), bytes(8_000_000), chance.randbytes(5000)))
    data = chance.choice((zlib.compress(rows), rows[:5000]))
    return content[:33] + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _jpeg_size(chance: random.Random, content: bytes) -> bytes:
    place = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2"))
    sides = (0, 1, 193, 20_000, 65_535)
    size = struct.pack(">HH", chance.choice(sides), chance.choice(sides))
    return content if place < 0 else content[: place + 5] + size + content[place + 9 :]


def _jpeg_marker(chance: random.Random, content: bytes) -> bytes:
    places = [place for place in range(min(len(content), 4000) - 1) if content[place] == 0xFF] or [0]
    place = chance.choice(places)
    marker = bytes(
        [chance.choice((0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE1, 0xEE, 0xF7, 0x01))]
    )
    return content[: place + 1] + marker + content[place + 2 :]


def _jpeg_segment(chance: random.Random, content: bytes) -> bytes:
    kind = bytes([0xFF, chance.choice((0xE1, 0xE2, 0xEE, 0xDB, 0xC4, 0xDD, 0xC0, 0xFE))])
    data = chance.choice(
        (b"", b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(20), chance.randbytes(60), b"\xff" * 64)
    )
    length = chance.choice((len(data) + 2, len(data) + 2, 0, 1, 0xFFFF))
    return content[:2] + (kind + struct.pack(">H", length) + data) * chance.choice((1, 1, 300)) + content[2:]


_OF_PNG: Final = {"size": _png_size, "kind": _png_kind, "chunk": _png_chunk, "rows": _png_rows}
_OF_JPEG: Final = {"size": _jpeg_size, "marker": _jpeg_marker, "segment": _jpeg_segment}

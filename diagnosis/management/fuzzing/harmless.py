"""Changes that a film survives: what real machines and programs write beside what the portal reads."""

import random
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from diagnosis.management.fuzzing.elements import PIXELS, DicomFile, Tag


def changed(chance: random.Random, content: bytes, file: DicomFile | None) -> tuple[str, bytes]:
    """What was done, and the film after it. file: a DICOM film taken apart, None for a picture."""
    if file is not None and file.elements:
        name = chance.choice(list(_OF_DICOM))
        return name, _OF_DICOM[name](chance, file).content
    kinds = _OF_PNG if content.startswith(b"\x89PNG") else _OF_JPEG
    if not content.startswith((b"\x89PNG", b"\xff\xd8")):
        return "nothing", content
    name = chance.choice(list(kinds))
    return name, kinds[name](chance, content)


# ------------------------------------------------------------------------------------- DICOM


def _one_of(*elements: tuple[Tag, str, bytes]) -> Callable[[random.Random, DicomFile], DicomFile]:
    return lambda chance, file: file.put(*chance.choice(elements))


def _private(chance: random.Random, file: DicomFile) -> DicomFile:
    """A block of the maker's own, which nobody else understands."""
    owner = file.put((0x0009, 0x0010), "LO", b"FUZZ WORKS")
    return owner.put((0x0009, 0x1001), "UN", chance.randbytes(chance.choice((2, 64, 5000))))


def _sequence(chance: random.Random, file: DicomFile) -> DicomFile:
    return file.put((0x0008, 0x1140), "SQ", b"")


def _padding(chance: random.Random, file: DicomFile) -> DicomFile:
    return file.put((0xFFFC, 0xFFFC), "OB", bytes(chance.choice((2, 128, 4096))))


def _without(chance: random.Random, file: DicomFile) -> DicomFile:
    """Without something that is often missing."""
    optional = {(0x0008, 0x0070), (0x0008, 0x1030), (0x0018, 0x5101), (0x0020, 0x0013), (0x0010, 0x0040)}
    gone = chance.choice(sorted(optional))
    kept = tuple(pair for pair in file.elements if pair[0] != gone)
    return DicomFile(file.head, kept, file.explicit)


def _noise(chance: random.Random, file: DicomFile) -> DicomFile:
    """One grey value a little off, where the pixels are not compressed."""
    found = next((encoded for tag, encoded in file.elements if tag == PIXELS), b"")
    start = 12 if file.explicit else 8
    if len(found) < 50_000 or found[start - 4 : start] == b"\xff\xff\xff\xff":
        return file
    pixels = bytearray(found)
    place = start + chance.randrange((len(pixels) - start) // 2) * 2
    pixels[place] ^= 1
    return DicomFile(
        file.head,
        tuple((tag, bytes(pixels) if tag == PIXELS else encoded) for tag, encoded in file.elements),
        file.explicit,
    )


_OF_DICOM: Final[Mapping[str, Callable[[random.Random, DicomFile], DicomFile]]] = {
    "harmless: private elements": _private,
    "harmless: empty sequence": _sequence,
    "harmless: padding at the end": _padding,
    "harmless: something optional is missing": _without,
    "harmless: a grey value": _noise,
    "harmless: words": _one_of(
        ((0x0008, 0x0080), "LO", "Klinik für Röntgen".encode()),
        ((0x0008, 0x1030), "LO", "Thorax im Stehen, à 2 m".encode()),
        ((0x0010, 0x4000), "LT", ("Straße. " * 200).encode()),
        ((0x0008, 0x1090), "LO", b"DR 9000 \\ B"),
    ),
    "harmless: numbers": _one_of(
        ((0x0018, 0x1164), "DS", b"0.2\\0.2 "),
        ((0x0018, 0x0060), "DS", b"1.25e2"),
        ((0x0028, 0x1050), "DS", b"2000\\1800 "),
        ((0x0020, 0x0013), "IS", b"+00012"),
        ((0x0008, 0x0000), "UL", struct.pack("<I", 9)),
    ),
    "harmless: a time or a place": _one_of(
        ((0x0008, 0x0030), "TM", b"101500.120000"),
        ((0x0008, 0x0030), "TM", b"1015"),
        ((0x0018, 0x5101), "CS", b"AP"),
        ((0x0008, 0x0012), "DA", b"20260103"),
    ),
}

# ---------------------------------------------------------------------------------- pictures


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png_text(chance: random.Random, content: bytes) -> bytes:
    said = _chunk(b"tEXt", b"Comment\0" + bytes(chance.choices(b"chest ", k=chance.choice((0, 9, 900)))))
    return content[:33] + said + content[33:]


def _png_density(chance: random.Random, content: bytes) -> bytes:
    return content[:33] + _chunk(b"pHYs", struct.pack(">IIB", 5000, 5000, 1)) + content[33:]


def _png_unknown(chance: random.Random, content: bytes) -> bytes:
    return content[:33] + _chunk(b"fuZz", chance.randbytes(30)) + content[33:]


def _jpeg_words(chance: random.Random, content: bytes) -> bytes:
    said = bytes(chance.choices(b"chest ", k=chance.choice((0, 9, 900))))
    return content[:2] + b"\xff\xfe" + struct.pack(">H", len(said) + 2) + said + content[2:]


def _jpeg_application(chance: random.Random, content: bytes) -> bytes:
    said = b"FUZZ\0" + chance.randbytes(40)
    return content[:2] + b"\xff\xeb" + struct.pack(">H", len(said) + 2) + said + content[2:]


_OF_PNG: Final = {
    "harmless: words": _png_text,
    "harmless: pixel density": _png_density,
    "harmless: an unknown chunk": _png_unknown,
}
_OF_JPEG: Final = {"harmless: words": _jpeg_words, "harmless: an application segment": _jpeg_application}

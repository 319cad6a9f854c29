"""Transfer syntaxes: which are read, by which name, and what a compressed stream says of itself."""

from dataclasses import dataclass
from typing import Final

from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

IMPLICIT: Final = "1.2.840.10008.1.2"
EXPLICIT: Final = "1.2.840.10008.1.2.1"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_JPEG: Final = "1.2.840.10008.1.2.4."
RLE: Final = "1.2.840.10008.1.2.5"
BASELINE, EXTENDED, LOSSLESS = _JPEG + "50", _JPEG + "51", _JPEG + "70"
LS, LS_LOSSY = _JPEG + "80", _JPEG + "81"
J2K, HTJ2K = _JPEG + "91", _JPEG + "203"

NATIVE: Final = {
    IMPLICIT: "Implicit VR Little Endian",
    EXPLICIT: "Explicit VR Little Endian",
    DEFLATED: "Deflated Explicit VR Little Endian",
    BIG_ENDIAN: "Explicit VR Big Endian",
}
COMPRESSED: Final = {
    BASELINE: "JPEG Baseline",
    EXTENDED: "JPEG Extended",
    _JPEG + "57": "JPEG Lossless",
    LOSSLESS: "JPEG Lossless, first-order prediction",
    LS: "JPEG-LS Lossless",
    LS_LOSSY: "JPEG-LS Near-lossless",
    _JPEG + "90": "JPEG 2000 Lossless",
    J2K: "JPEG 2000",
    _JPEG + "201": "High-Throughput JPEG 2000 Lossless",
    _JPEG + "202": "High-Throughput JPEG 2000 with RPCL Lossless",
    HTJ2K: "High-Throughput JPEG 2000",
    RLE: "RLE Lossless",
}
NAMES: Final = NATIVE | COMPRESSED
_LOSSY: Final = frozenset({BASELINE, EXTENDED, LS_LOSSY, J2K, HTJ2K})
_KINDS: Final = (
    {BASELINE},
    {EXTENDED},
    {LOSSLESS, _JPEG + "57"},
    {LS, LS_LOSSY},
    {J2K, _JPEG + "90"},
    {HTJ2K, _JPEG + "201", _JPEG + "202"},
    {RLE},
)
_FRAMES: Final = {0xC0: BASELINE, 0xC1: EXTENDED, 0xC2: EXTENDED, 0xC3: LOSSLESS, 0xF7: LS}
_OTHER_FRAMES: Final = frozenset(range(0xC5, 0xD0)) - {0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_MAX_SEGMENTS: Final = 1000


@dataclass(frozen=True)
class Stream:
    """What a compressed film's stream says of itself.

    syntax: the transfer syntax that fits it. width, height, samples, bits: 0 where it does not say (RLE).
    signed: its samples have a sign (JPEG 2000). lossy: whether it may be.
    """

    syntax: str
    width: int = 0
    height: int = 0
    samples: int = 0
    bits: int = 0
    signed: bool = False

    @property
    def lossy(self) -> bool:
        return self.syntax in _LOSSY


def stream_of(start: bytes) -> Stream:
    """What the stream that begins so is. Raises FilmRefused."""
    if start.startswith(b"\xff\xd8"):
        return _jpeg(start)
    boxed = start.startswith(b"\x00\x00\x00\x0cjP  ")  # a JP2 file, which the standard does not want here
    codestream = start.find(b"\xff\x4f\xff\x51", 0, None if boxed else 4)
    if codestream >= 0:
        return _jpeg2000(start[codestream:])
    if len(start) >= 64 and 1 <= int.from_bytes(start[:4], "little") <= 15:
        return Stream(RLE)
    raise unreadable_stream()


def fits(found: str, declared: str) -> bool:
    """Whether a stream of one syntax may be called by the other: lossless or not, it is one kind."""
    return any(found in kind and declared in kind for kind in _KINDS)


def unreadable_stream() -> FilmRefused:
    """The refusal of pixel data that no decoder would know."""
    return FilmRefused(
        Refusal.DAMAGED, "The film's compressed pixel data is damaged: no picture begins in it.", EXPORT_AGAIN
    )


def unknown_syntax(uid: str) -> FilmRefused:
    """The refusal of a transfer syntax that is not read, by its name."""
    from pydicom.uid import UID

    name = UID(uid, validation_mode=0).name if uid else "none"
    told = name if name == uid else f"{name} ({uid})"
    return FilmRefused(
        Refusal.TRANSFER_SYNTAX,
        f"The film is stored in a form that cannot be read here: transfer syntax {told[:120]}.",
        "Send it uncompressed (Explicit VR Little Endian), or as JPEG Lossless, JPEG-LS or JPEG 2000.",
    )


def _jpeg(start: bytes) -> Stream:
    place = 2
    for _ in range(_MAX_SEGMENTS):
        place = start.find(b"\xff", place)
        while 0 <= place < len(start) - 1 and start[place + 1] == 0xFF:
            place += 1
        if place < 0 or place + 10 > len(start):
            break
        kind = start[place + 1]
        if kind in _OTHER_FRAMES and kind not in _FRAMES:
            break  # hierarchical or arithmetic: nobody decodes them
        if kind in _FRAMES:
            bits = start[place + 4]
            height, width = (int.from_bytes(start[place + n : place + n + 2], "big") for n in (5, 7))
            syntax = EXTENDED if kind == 0xC0 and bits > 8 else _FRAMES[kind]
            if kind == 0xF7 and _near(start, place):
                syntax = LS_LOSSY
            return Stream(syntax, width, height, start[place + 9], bits)
        place += 2 if kind in _ALONE else 2 + int.from_bytes(start[place + 2 : place + 4], "big")
    raise unreadable_stream()


def _near(start: bytes, frame: int) -> bool:
    """Whether the JPEG-LS scan after this frame header may be off by some levels."""
    scan = start.find(b"\xff\xda", frame)
    if scan < 0 or scan + 5 > len(start):
        return False
    near = scan + 5 + 2 * start[scan + 4]
    return near < len(start) and start[near] > 0


def _jpeg2000(start: bytes) -> Stream:
    if len(start) < 42:
        raise unreadable_stream()
    right, bottom, left, top = (int.from_bytes(start[n : n + 4], "big") for n in (8, 12, 16, 20))
    samples, depth = int.from_bytes(start[40:42], "big"), start[42] if len(start) > 42 else 0
    fast = start.find(b"\xff\x50", 42, 42 + 3 * samples + 8) >= 0  # the block for extended capabilities
    syntax = HTJ2K if fast else J2K
    block = start.find(b"\xff\x52", 42)  # coding style: its last field tells the reversible transform
    if 0 <= block < len(start) - 13 and start[block + 13] == 1:
        syntax = _JPEG + ("201" if fast else "90")
    return Stream(syntax, right - left, bottom - top, samples, (depth & 0x7F) + 1, bool(depth & 0x80))

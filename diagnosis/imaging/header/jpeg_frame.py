"""The frame of a JPEG: its kind, its size, and how far its scans have told it."""

import struct
from dataclasses import dataclass, field
from typing import Final

from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

_READ: Final = frozenset({0xC0, 0xC1, 0xC2})
_UNREAD: Final = {
    0xC3: "a lossless JPEG",
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "a hierarchical JPEG"),
    **dict.fromkeys((0xC9, 0xCA), "a JPEG with arithmetic coding"),
    0xCB: "a lossless JPEG with arithmetic coding",
    0xF7: "a JPEG-LS image",
}
_ALL_BITS: Final = 13  # more than any coefficient has: nothing of it has come yet


def frame_start(marker: int) -> bool:
    """Whether a marker begins a frame, of a kind that is read or not."""
    return marker in _READ or marker in _UNREAD


@dataclass
class Frame:
    """The picture's size and components (id: horizontal, vertical sampling), and its scans so far."""

    width: int
    height: int
    components: dict[int, tuple[int, int]]
    progressive: bool
    scans: int = 0
    several: bool = False
    missing: dict[tuple[int, int], int] = field(default_factory=dict)

    def scan(self, head: bytes) -> None:
        """Note one scan, given the data of its start."""
        self.scans += 1
        count = head[0] if head else 0
        if count == 0 or len(head) < 4 + 2 * count:
            raise FilmRefused(Refusal.DAMAGED, "The JPEG file's header is damaged or cut off.", EXPORT_AGAIN)
        self.several = self.several or self.progressive or count < len(self.components)
        first, last, bits = head[1 + 2 * count], head[2 + 2 * count], head[3 + 2 * count] & 15
        for component in head[1 : 1 + 2 * count : 2]:
            for place in range(first, min(last, 63) + 1) if self.progressive else range(64):
                self.missing[component, place] = bits if self.progressive else 0

    @property
    def refined(self) -> bool:
        """Whether every coefficient of every component came to its last bit."""
        return all(
            self.missing.get((component, place), _ALL_BITS) == 0
            for component in self.components
            for place in range(64)
        )

    @property
    def coefficient_bytes(self) -> int:
        """What a decoder has to keep until the last scan; 0 where it can go from row to row."""
        if not self.several:
            return 0
        across = max(h for h, _ in self.components.values())
        down = max(v for _, v in self.components.values())
        blocks = sum(
            -(-self.width * h // (across * 8)) * -(-self.height * v // (down * 8))
            for h, v in self.components.values()
        )
        return blocks * 64 * 2


def frame_of(marker: int, data: bytes) -> Frame:
    """The frame that a segment describes; raises FilmRefused for kinds that are not read."""
    if len(data) < 6:
        raise FilmRefused(Refusal.DAMAGED, "The JPEG file's header is damaged or cut off.", EXPORT_AGAIN)
    bits, height, width, count = struct.unpack(">BHHB", data[:6])
    kind = _UNREAD.get(marker) or (f"a JPEG of {bits} bits a sample" if bits != 8 else "")
    if kind:
        raise FilmRefused(
            Refusal.UNSUPPORTED,
            f"The file is {kind}, which is not accepted here.",
            "Export the film as PNG (8 or 16 bit) or as an ordinary 8-bit JPEG, and send that file.",
        )
    parts = [data[6 + 3 * number : 9 + 3 * number] for number in range(count)]
    components = {part[0]: (part[1] >> 4, part[1] & 15) for part in parts if len(part) == 3}
    if len(components) != count or count == 0 or 0 in {side for pair in components.values() for side in pair}:
        raise FilmRefused(Refusal.DAMAGED, "The JPEG file's header is damaged or cut off.", EXPORT_AGAIN)
    return Frame(width, height, components, progressive=marker == 0xC2)

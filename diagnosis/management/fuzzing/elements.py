"""DICOM files taken apart into encoded elements, and put together again, right or wrong."""

import random
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from diagnosis.imaging.dicom.syntaxes import IMPLICIT

Tag = tuple[int, int]

PIXELS: Final[Tag] = (0x7FE0, 0x0010)
UNDEFINED: Final = 0xFFFFFFFF
_LONG: Final = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
_ITEM, _ITEM_END, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"
_TEXTS: Final[Mapping[Tag, str]] = {
    (0x0008, 0x0005): "CS", (0x0008, 0x0016): "UI", (0x0008, 0x0018): "UI", (0x0008, 0x0020): "DA",
    (0x0008, 0x0030): "TM", (0x0008, 0x0050): "SH", (0x0008, 0x0060): "CS", (0x0008, 0x1030): "LO",
    (0x0008, 0x0070): "LO", (0x0008, 0x0008): "CS", (0x0010, 0x0010): "PN", (0x0010, 0x0020): "LO",
    (0x0010, 0x0030): "DA", (0x0010, 0x0040): "CS", (0x0010, 0x1010): "AS", (0x0018, 0x0015): "CS",
    (0x0018, 0x5101): "CS", (0x0020, 0x000D): "UI", (0x0020, 0x000E): "UI", (0x0020, 0x0013): "IS",
    (0x0020, 0x0020): "CS", (0x0028, 0x0004): "CS", (0x0028, 0x0008): "IS", (0x0028, 0x1050): "DS",
    (0x0028, 0x1051): "DS", (0x0028, 0x1052): "DS", (0x0028, 0x1053): "DS", (0x0028, 0x1056): "CS",
    (0x0028, 0x0301): "CS", (0x0008, 0x0068): "CS", (0x0010, 0x0021): "LO", (0x0008, 0x002A): "DT",
    (0x2050, 0x0020): "CS",
}  # fmt: skip
_NUMBERS: Final = tuple(
    (0x0028, number) for number in (0x0002, 0x0010, 0x0011, 0x0100, 0x0101, 0x0102, 0x0103)
)
_NONSENSE: Final = (
    b"", b"\\", b"\\" * 40, b"^" * 70, b"=====", b"\0\0", b" ", b"\x1b$B%d%i\x1b(B", b"\xff\xfe\xfd",
    b"\xc3\x28",
    b"A" * 65, b"A" * 40_000, "\u202e‏txt".encode(), "名前^太郎".encode(), b"\r\n\t", b"%s%n{0}", b"../../etc",
    b"<script>alert(1)</script>", b"' OR 1=1 --", b"nan", b"inf", b"1e308", b"-1e309", b"0", b"-1",
    b"1\\2\\3\\x",
    b"99999999999999999999", b"0x10", b"1.5.", b"1..2", b"1.2." + b"9" * 70, b"01.002", b"20260230",
    b"00000000",
    b"99991231", b"2026.01.02", b"18000101", b"250000", b"20260102-20260103", b"ISO_IR 192\\ISO 2022 IR 87",
    b"CHEST", b"MONOCHROME1", b"RGB", b"PALETTE COLOR", b"SIGMOID", b"\xd8\x00", "Ａ－１".encode(),
    "A\u0301".encode(),
    b"\x1b\x1b\x1b", b"\x0e\x0f", b"2000", b"LINEAR_EXACT", b"O", b"DERIVED\\SECONDARY\\LOCALIZER",
)  # fmt: skip
_CHARSETS: Final = (
    b"ISO_IR 100", b"ISO_IR 144", b"ISO 2022 IR 87", b"\\ISO 2022 IR 149", b"GB18030", b"GBK",
    b"ISO_IR 999", b"UTF-8",
    b"utf_7", b"ISO_IR 13", b"", b"idna", b"ISO 2022 IR 6\\ISO 2022 IR 87\\ISO 2022 IR 159", b"\xff\xff",
    b"hex", b"rot13",
)  # fmt: skip
_RAW_NAMES: Final = (
    b"M\xfcller^J\xf6rg", b"\xc2\xb0\xbb\xe7^\xb4\xd9", b"\x1b$)C\xb1\xe8", "Мюллер".encode("cp1251"),
    b"\x80\x81\x82",
    b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", b"\xed\xa0\x80", b"A\0B", "ﬀ\u0300".encode(),
)  # fmt: skip


@dataclass(frozen=True)
class DicomFile:
    """head: preamble and file meta. elements: of the top level, each as it is encoded."""

    head: bytes
    elements: tuple[tuple[Tag, bytes], ...]
    explicit: bool

    @classmethod
    def of(cls, content: bytes, syntax: str) -> "DicomFile":
        """Take a little-endian file apart; what cannot be is its last element."""
        start = dataset_start(content)
        explicit = syntax != IMPLICIT
        elements, place = [], start
        while place + 8 <= len(content):
            end = _end(content, place, explicit)
            tag: Tag = struct.unpack_from("<HH", content, place)
            elements.append((tag, content[place:end]))
            place = end
        return cls(content[:start], tuple(elements), explicit)

    @property
    def content(self) -> bytes:
        """The file."""
        return self.head + b"".join(encoded for _, encoded in self.elements)

    def put(self, tag: Tag, representation: str, value: bytes) -> "DicomFile":
        """With this element, at its place, instead of one that was there."""
        others = [pair for pair in self.elements if pair[0] != tag]
        before = [pair for pair in others if pair[0] < tag]
        made = (tag, encoded(tag, representation, value, explicit=self.explicit))
        return replace(self, elements=(*before, made, *others[len(before) :]))


def dataset_start(content: bytes) -> int:
    """Where the elements begin after preamble and file meta; 0 if there is none."""
    if content[128:132] != b"DICM":
        return 0
    if content[132:138] != b"\x02\x00\x00\x00UL":
        return 132
    return min(len(content), 144 + int.from_bytes(content[140:144], "little"))


def encoded(
    tag: Tag, representation: str, value: bytes, *, explicit: bool, length: int | None = None
) -> bytes:
    """An element, padded to an even length; `length`: what it says instead."""
    value += b"\0" * (len(value) % 2)
    size = len(value) if length is None else length
    start = struct.pack("<HH", *tag)
    if not explicit:
        return start + struct.pack("<I", size) + value
    kind = representation.encode()
    if kind in _LONG:
        return start + kind + b"\0\0" + struct.pack("<I", size) + value
    return start + kind + struct.pack("<H", size & 0xFFFF) + value


def replaced(file: DicomFile, texts: Mapping[Tag, str]) -> DicomFile:
    """With these texts."""
    for tag, text in texts.items():
        file = file.put(tag, _TEXTS.get(tag, "LO"), text.encode())
    return file


def inflated(content: bytes) -> bytes:
    """The elements of a deflated film; as they are if they cannot be inflated."""
    try:
        return zlib.decompressobj(-15).decompress(content, 16 * 1024**2)
    except zlib.error:
        return content


def deflated(content: bytes) -> bytes:
    """Elements, deflated."""
    packer = zlib.compressobj(1, wbits=-15)
    return packer.compress(content) + packer.flush()


def _end(content: bytes, place: int, explicit: bool) -> int:
    kind = content[place + 4 : place + 6]
    if explicit and kind not in _LONG:
        return min(len(content), place + 8 + int.from_bytes(content[place + 6 : place + 8], "little"))
    value = place + (12 if explicit else 8)
    length = int.from_bytes(content[value - 4 : value], "little")
    if length != UNDEFINED:
        return min(len(content), value + length)
    found = content.find(_END, value)
    return len(content) if found < 0 else found + 8


# ------------------------------------------------------------------------------------- mutations


def _deleted(chance: random.Random, file: DicomFile) -> DicomFile:
    elements = list(file.elements)
    for _ in range(chance.choice((1, 1, 1, 4))):
        if elements:
            elements.pop(chance.randrange(len(elements)))
    return replace(file, elements=tuple(elements))


def _duplicated(chance: random.Random, file: DicomFile) -> DicomFile:
    elements = list(file.elements)
    chosen = chance.choice(elements)
    where = elements.index(chosen) if chance.random() < 0.5 else chance.randrange(len(elements))
    return replace(file, elements=(*elements[:where], chosen, *elements[where:]))


def _disordered(chance: random.Random, file: DicomFile) -> DicomFile:
    elements = list(file.elements)
    chance.shuffle(elements)
    return replace(file, elements=tuple(elements))


def _length(chance: random.Random, file: DicomFile) -> DicomFile:
    """With an element that says another length than it has."""
    where = chance.randrange(len(file.elements))
    tag, code = file.elements[where]
    long = not file.explicit or code[4:6] in _LONG
    begin = 8 if long and file.explicit else 4 if long else 6
    width = 4 if long else 2
    said = chance.choice(
        (0, 1, 7, 0xFFFE, 0xFFFF, 0x7FFFFFFF, UNDEFINED, 0xFFFFFFFE, chance.randrange(1 << 16))
    )
    changed = code[:begin] + (said & ((1 << 8 * width) - 1)).to_bytes(width, "little") + code[begin + width :]
    return replace(file, elements=(*file.elements[:where], (tag, changed), *file.elements[where + 1 :]))


def _deep(chance: random.Random, file: DicomFile) -> DicomFile:
    """With a sequence in a sequence in a sequence, whole or broken off."""
    levels = chance.choice((1, 3, 10, 60, 200, 1500))
    tag: Tag = chance.choice(((0x0008, 0x1140), (0x0040, 0x0275), (0x0028, 0x3010), (0x0009, 0x1010)))
    begin = encoded(tag, "SQ", b"", explicit=file.explicit, length=UNDEFINED) + _ITEM + b"\xff\xff\xff\xff"
    end = _ITEM_END + b"\0\0\0\0" + _END + b"\0\0\0\0"
    whole = begin * levels + end * chance.choice((levels, levels, levels - 1, 0))
    before = tuple(pair for pair in file.elements if pair[0] < tag)
    return replace(file, elements=(*before, (tag, whole), *file.elements[len(before) :]))


def _nonsense(chance: random.Random, file: DicomFile) -> DicomFile:
    for _ in range(chance.choice((1, 1, 2, 5))):
        tag = chance.choice(list(_TEXTS))
        representation = (
            _TEXTS[tag] if chance.random() < 0.9 else chance.choice(("SQ", "US", "UN", "??", "OB"))
        )
        file = file.put(tag, representation, chance.choice(_NONSENSE))
    return file


def _charset(chance: random.Random, file: DicomFile) -> DicomFile:
    file = file.put((0x0008, 0x0005), "CS", chance.choice(_CHARSETS))
    tag: Tag = chance.choice(((0x0010, 0x0010), (0x0010, 0x0020), (0x0008, 0x1030)))
    return file.put(tag, _TEXTS[tag], chance.choice(_RAW_NAMES))


def _sizes(chance: random.Random, file: DicomFile) -> DicomFile:
    sides = (0, 1, 31, 32, 191, 193, 8000, 20_000, 65_535)
    for tag in chance.choice((((0x28, 0x10),), ((0x28, 0x11),), ((0x28, 0x10), (0x28, 0x11)))):
        file = file.put(tag, "US", struct.pack("<H", chance.choice(sides)))
    return file


def _pixel_facts(chance: random.Random, file: DicomFile) -> DicomFile:
    values = (0, 1, 2, 3, 7, 8, 11, 12, 15, 16, 17, 31, 32, 64, 255, 65_535)
    for tag in chance.sample(_NUMBERS, chance.choice((1, 1, 2, 3))):
        more = chance.choice((1, 1, 1, 2, 0))
        file = file.put(tag, "US", struct.pack(f"<{more}H", *[chance.choice(values)] * more))
    return file


def _table(chance: random.Random, file: DicomFile) -> DicomFile:
    """With a look-up table whose descriptor and data do not agree."""
    count, first, bits = (chance.choice((0, 1, 2, 256, 4096, 65_535)) for _ in range(3))
    length = chance.choice((0, 1, 2, 255, 512, 8192))
    parts = [
        ((0x28, 0x3002), "US", struct.pack("<HHH", count, first, bits)),
        ((0x28, 0x3006), "OW", bytes(length)),
    ]
    inside = b"".join(encoded(*part, explicit=file.explicit) for part in parts)
    tag: Tag = chance.choice(((0x28, 0x3000), (0x28, 0x3010)))
    return file.put(tag, "SQ", _ITEM + struct.pack("<I", len(inside)) + inside)


def _fragments(chance: random.Random, file: DicomFile) -> DicomFile:
    """With fragments missing, doubled, emptied or in another order; of plain pixels,
    some missing or too many."""
    pixels = dict(file.elements).get(PIXELS, b"")
    start = pixels.find(_ITEM)
    if pixels[8:12] != b"\xff\xff\xff\xff" or start < 0:
        return file.put(PIXELS, "OW", chance.choice((b"", pixels[12 : len(pixels) // 2], pixels[12:] * 2)))
    items, place = [], start
    while pixels[place : place + 4] == _ITEM:
        length = int.from_bytes(pixels[place + 4 : place + 8], "little")
        items.append(pixels[place + 8 : place + 8 + length])
        place += 8 + length
    for _ in range(chance.choice((1, 2))):
        where = chance.randrange(len(items)) if items else 0
        what = chance.choice(("drop", "double", "empty", "cut", "split", "offsets"))
        if not items or what == "drop":
            items = items[:where] + items[where + 1 :]
        elif what == "double":
            items.insert(where, items[where])
        elif what == "split":
            items[where : where + 1] = [items[where][:100], items[where][100:]]
        else:
            items[where] = {"empty": b"", "cut": items[where][:50], "offsets": b"\xff" * 8}[what]
    body = b"".join(_ITEM + struct.pack("<I", len(item)) + item for item in items)
    end = chance.choice((_END + b"\0\0\0\0", _END + b"\0\0\0\0", b"", _END))
    whole = (PIXELS, pixels[:12] + body + end)
    return replace(
        file, elements=tuple(whole if tag == PIXELS else (tag, code) for tag, code in file.elements)
    )


MUTATIONS: Final[Mapping[str, Callable[[random.Random, DicomFile], DicomFile]]] = {
    "element deleted": _deleted,
    "element twice": _duplicated,
    "elements in disorder": _disordered,
    "another length": _length,
    "deep sequences": _deep,
    "nonsense": _nonsense,
    "a lie about text": _charset,
    "another size": _sizes,
    "pixel facts": _pixel_facts,
    "a broken table": _table,
    "fragments": _fragments,
}

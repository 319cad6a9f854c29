"""Walks a DICOM file's elements, whatever its bytes: keeps the few that are asked for, passes over the rest.

Written by hand because this runs in the web process on hostile bytes: it seeks from element to element, keeps
no value over a fixed size, and stops after a fixed number of elements and a fixed depth. The file may have a
preamble or none, a meta header or none, and a transfer syntax that is not the one it names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from diagnosis.imaging.dicom.inflated import Inflated, deflates
from diagnosis.imaging.dicom.syntaxes import BIG_ENDIAN, DEFLATED, IMPLICIT
from diagnosis.imaging.header.film import FilmSource
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

Order = Literal["big", "little"]
MAX_ELEMENTS: Final = 20_000
MAX_DEPTH: Final = 16
MAX_VALUE: Final = 4096
UNDEFINED: Final = 0xFFFFFFFF
PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_SHORT: Final = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL",
     b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)  # fmt: skip
_TRANSFER_SYNTAX: Final = 0x00020010


@dataclass(frozen=True)
class Value:
    """An element's value: its bytes if they are few, and where they lie. length: UNDEFINED is possible."""

    offset: int
    length: int
    representation: str = ""
    content: bytes = b""


@dataclass
class Elements:
    """What was found of what was asked for: values by tag, and the first item of each sequence.

    implicit, big: how the elements are written.
    """

    values: dict[int, Value] = field(default_factory=dict)
    first: dict[int, "Elements"] = field(default_factory=dict)
    implicit: bool = False
    big: bool = False

    @property
    def order(self) -> Order:
        return "big" if self.big else "little"

    def number(self, tag: int) -> int | None:
        """An unsigned or signed short of the tag, as pixel modules hold."""
        value = self.values.get(tag)
        if value is None or len(value.content) < 2:
            return None
        return int.from_bytes(value.content[: 4 if len(value.content) == 4 else 2], self.order)


@dataclass
class File:
    """A file's elements. declared: the transfer syntax that it names, "" if none. source, size: what the
    offsets count in, and its length: the file, or what it inflates to. begin: where in the file the elements
    after the meta information stand, deflated or not."""

    meta: Elements
    found: Elements
    declared: str
    source: FilmSource
    size: int
    begin: int


def damaged(what: str = "The DICOM file is damaged: its elements cannot be told apart.") -> FilmRefused:
    """The refusal of a header that makes no sense."""
    return FilmRefused(Refusal.DAMAGED, what, EXPORT_AGAIN)


def cut_off() -> FilmRefused:
    """The refusal of a file that ends within an element."""
    return FilmRefused(Refusal.TRUNCATED, "The DICOM file is cut off before its end.", EXPORT_AGAIN)


def read_elements(
    stream: FilmSource, wanted: frozenset[int], sequences: Mapping[int, frozenset[int]]
) -> File:
    """A file's elements up to its pixels: those in `wanted`, and of `sequences` the first item's.

    Raises FilmRefused: damaged, cut off within an element, too complex.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    start = stream.read(132)
    begin = 132 if start[128:132] == b"DICM" else 4 if start[:4] == b"DICM" else 0
    meta = Elements()
    walk = _Walk(stream, size, wanted, sequences)
    place = walk.elements(begin, meta, stop=lambda tag: tag >> 16 != 2) if _is_meta(stream, begin) else begin
    syntax = meta.values.get(_TRANSFER_SYNTAX)
    start_of_elements = place
    declared = syntax.content.rstrip(b"\0 ").decode("ascii", "replace") if syntax else ""
    source: FilmSource = stream
    if declared == DEFLATED and deflates(stream, place):
        source = Inflated(stream, place)
        place, size = 0, source.seek(0, 2)
        walk = _Walk(source, size, wanted, sequences)
    found = Elements()
    found.implicit, found.big = _written(source, place, declared)
    walk.elements(place, found, stop=lambda tag: tag in PIXELS)
    return File(meta, found, declared, source, size, start_of_elements)


def _is_meta(stream: FilmSource, begin: int) -> bool:
    stream.seek(begin)
    return stream.read(2) == b"\x02\x00"


def _written(source: FilmSource, place: int, declared: str) -> tuple[bool, bool]:
    """Whether the elements are implicit, and whether they are big endian: by their own look, then by name."""
    source.seek(place)
    head = source.read(8)
    explicit = head[4:6] in _SHORT | _LONG
    if len(head) < 8:
        return declared in (IMPLICIT, ""), declared == BIG_ENDIAN
    return not explicit, explicit and head[0] == 0 and head[1] != 0


class _Walk:
    """One pass over a file; counts the elements of all depths."""

    def __init__(
        self, source: FilmSource, size: int, wanted: frozenset[int], sequences: Mapping[int, frozenset[int]]
    ) -> None:
        self._source, self._size, self._wanted, self._sequences = source, size, wanted, sequences
        self._count = 0

    def elements(
        self,
        place: int,
        found: Elements,
        *,
        stop: Callable[[int], bool] = lambda tag: False,
        end: int | None = None,
        depth: int = 0,
        wanted: frozenset[int] | None = None,
    ) -> int:
        """Read elements into `found` until the end, the item's end or one at which to stop; where that is."""
        end = self._size if end is None else end
        wanted = self._wanted if wanted is None else wanted
        while place < end:
            tag, value = self._head(place, found)
            if tag in (_ITEM_END, _SEQUENCE_END):
                return place + 8
            if stop(tag):
                if tag in PIXELS:
                    found.values[tag] = value
                return place
            place = self._passed(tag, value, found, depth, wanted)
        return place

    def _passed(self, tag: int, value: Value, found: Elements, depth: int, wanted: frozenset[int]) -> int:
        """Where the next element begins; what is wanted of this one is kept."""
        inner = self._sequences.get(tag) if not depth else None
        holds_items = value.representation == "SQ" or (not value.representation and inner is not None)
        if value.length == UNDEFINED or (holds_items and inner is not None):
            first = Elements(implicit=found.implicit or value.representation == "UN", big=found.big)
            if inner is not None:
                found.first[tag] = first
            return self._items(value, first, depth + 1, inner or frozenset())
        place = value.offset + value.length
        if place > self._size:
            raise cut_off()
        if tag in wanted and tag not in found.values:
            found.values[tag] = self._kept(value)
        return place

    def _kept(self, value: Value) -> Value:
        if value.length > MAX_VALUE:
            return value
        self._source.seek(value.offset)
        content = self._source.read(value.length)
        return Value(value.offset, value.length, value.representation, content)

    def _items(self, sequence: Value, first: Elements, depth: int, wanted: frozenset[int]) -> int:
        """Walk a sequence's items; what is wanted of the first is kept. Where the next element begins."""
        if depth > MAX_DEPTH:
            raise _too_complex(f"its sequences lie more than {MAX_DEPTH} deep in each other")
        place = sequence.offset
        end = self._size if sequence.length == UNDEFINED else sequence.offset + sequence.length
        if end > self._size:
            raise cut_off()
        target = first
        while place < end:
            tag, length = self._item(place, first.order)
            place += 8
            if tag == _SEQUENCE_END:
                return place
            if tag != _ITEM:
                raise damaged()
            if length == UNDEFINED:
                place = self.elements(place, target, depth=depth, wanted=wanted)
            elif target is first and wanted:
                self.elements(place, target, end=place + length, depth=depth, wanted=wanted)
                place += length
            else:
                place += length
            target = Elements(implicit=first.implicit, big=first.big)
        if sequence.length == UNDEFINED or place > self._size:
            raise cut_off()
        return end

    def _item(self, place: int, order: Order) -> tuple[int, int]:
        self._counted()
        self._source.seek(place)
        head = self._source.read(8)
        if len(head) < 8:
            raise cut_off()
        return _tag(head, order), int.from_bytes(head[4:], order)

    def _head(self, place: int, found: Elements) -> tuple[int, Value]:
        """The tag of the element at this place, and where its value lies."""
        self._counted()
        self._source.seek(place)
        head = self._source.read(12)
        if len(head) < 8:
            raise cut_off()
        order = found.order
        tag, representation = _tag(head, order), head[4:6]
        written_so = tag >> 16 == 0xFFFE or found.implicit
        if written_so or not _names_representation(representation):  # implicit ones stand among explicit, too
            return tag, Value(place + 8, int.from_bytes(head[4:8], order))
        if representation in _SHORT:
            return tag, Value(place + 8, int.from_bytes(head[6:8], order), representation.decode())
        if len(head) < 12:
            raise cut_off()
        return tag, Value(place + 12, int.from_bytes(head[8:12], order), representation.decode("latin-1"))

    def _counted(self) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise _too_complex(f"its header has more than {MAX_ELEMENTS:,} elements")


def _names_representation(representation: bytes) -> bool:
    """Whether two bytes name a representation; one of a later standard has a long length."""
    return len(representation) == 2 and all(65 <= letter <= 90 for letter in representation)


def _tag(head: bytes, order: Order) -> int:
    return int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)


def _too_complex(why: str) -> FilmRefused:
    return FilmRefused(Refusal.TOO_COMPLEX, f"The DICOM file cannot be read: {why}.", EXPORT_AGAIN)

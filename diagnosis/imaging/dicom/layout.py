"""Where a DICOM image's pixels lie and how they are stored, checked against the bytes that there are."""

from dataclasses import dataclass, field
from typing import Final

from diagnosis.imaging.dicom.elements import UNDEFINED, Elements, File, Value, cut_off, damaged
from diagnosis.imaging.dicom.fragments import first_bytes, fragments
from diagnosis.imaging.dicom.syntaxes import (
    BIG_ENDIAN,
    COMPRESSED,
    EXPLICIT,
    IMPLICIT,
    NAMES,
    Stream,
    fits,
    stream_of,
    unknown_syntax,
)
from diagnosis.imaging.dicom.text import Text
from diagnosis.imaging.header.film import FilmSource, Span
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

_SAMPLES, _PHOTOMETRIC, _PLANAR, _FRAMES = 0x00280002, 0x00280004, 0x00280006, 0x00280008
_ROWS, _COLUMNS = 0x00280010, 0x00280011
_ALLOCATED, _STORED, _HIGH, _SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103
_PADDING, _PADDING_LIMIT = 0x00280120, 0x00280121
_CENTRE, _WIDTH, _FUNCTION = 0x00281050, 0x00281051, 0x00281056
_INTERCEPT, _SLOPE, _SHAPE = 0x00281052, 0x00281053, 0x20500020
_PALETTE: Final = (0x00281101, 0x00281102, 0x00281103, 0x00281201, 0x00281202, 0x00281203)
_SEGMENTED: Final = frozenset({0x00281221, 0x00281222, 0x00281223})
_LUT: Final = frozenset({0x00283002, 0x00283003, 0x00283006})
MODALITY_LUT, VOI_LUT = 0x00283000, 0x00283010
PIXEL_TAGS: Final = frozenset(
    {_SAMPLES, _PHOTOMETRIC, _PLANAR, _FRAMES, _ROWS, _COLUMNS, _ALLOCATED, _STORED, _HIGH, _SIGNED, _PADDING,
     _PADDING_LIMIT, _CENTRE, _WIDTH, _FUNCTION, _INTERCEPT, _SLOPE, _SHAPE, *_PALETTE, *_SEGMENTED}
)  # fmt: skip
TABLES: Final = {MODALITY_LUT: _LUT, VOI_LUT: _LUT}
_GREY: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})
_COLOUR: Final = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"})
_FLOATS: Final = frozenset({0x7FE00008, 0x7FE00009})
_SPARE: Final = 1024  # bytes after the pixels that say nothing


@dataclass(frozen=True)
class Table:
    """A look-up table. first: the value that its first entry is for. data: where the entries lie."""

    count: int
    first: int
    bits: int
    data: Span
    words: bool


@dataclass(frozen=True)
class PixelLayout:
    """How a DICOM image is stored.

    rows, columns, samples: of the image. allocated, stored, high, signed: of a sample's bits. syntax: the
    transfer syntax that fits the bytes, declared: the one named. spans: the pixels' bytes, or their
    fragments. big: whether the bytes are. words: whether eight-bit samples lie in words. stream: what a
    compressed stream says of itself. windows: centre and width of each, function: theirs. padding: the
    stored values that are no film, both ends. palette: tables of red, green and blue. source: what the spans
    lie in, the file or what it inflates to.
    """

    rows: int
    columns: int
    samples: int
    photometric: str
    planar: bool
    allocated: int
    stored: int
    high: int
    signed: bool
    syntax: str
    declared: str
    spans: list[Span]
    source: FilmSource = field(repr=False, compare=False)
    big: bool = False
    words: bool = False
    stream: Stream | None = None
    slope: float = 1.0
    intercept: float = 0.0
    windows: list[tuple[float, float]] = field(default_factory=list)
    function: str = "LINEAR"
    inverse: bool = False
    padding: tuple[int, int] | None = None
    modality_table: Table | None = None
    voi_table: Table | None = None
    palette: tuple[Table, ...] = ()

    @property
    def is_inverted(self) -> bool:
        """Whether low values are to be bright, by MONOCHROME1 or the presentation's shape; once for both."""
        return self.photometric == "MONOCHROME1" or self.inverse

    def read(self, span: Span) -> bytes:
        """The bytes of a span."""
        self.source.seek(span[0])
        return self.source.read(span[1])


def pixel_layout(file: File) -> PixelLayout:
    """How the image is stored. Raises FilmRefused: see `read_facts`."""
    found, text = file.found, Text(file.found)
    data = _pixel_data(file)
    rows, columns = found.number(_ROWS) or 0, found.number(_COLUMNS) or 0
    if not rows or not columns:
        raise damaged("The DICOM file does not say how many rows and columns the film has.")
    _check_frames(text.plain(_FRAMES))
    samples = found.number(_SAMPLES) or 1
    photometric = text.plain(_PHOTOMETRIC).upper() or ("MONOCHROME2" if samples == 1 else "RGB")
    allocated = found.number(_ALLOCATED) or 0
    stored = found.number(_STORED) or allocated
    high = found.number(_HIGH)
    high = stored - 1 if high is None else high
    _check_samples(samples, photometric, allocated, stored, high)
    signed = found.number(_SIGNED) == 1
    syntax, spans, stream = _stored(file, data)
    layout = PixelLayout(
        rows, columns, samples, photometric, found.number(_PLANAR) == 1, allocated, stored, high, signed,
        syntax,
        file.declared, spans, file.source, found.big, data.representation == "OW" or found.implicit, stream,
        slope=_number(text.plain(_SLOPE), 1.0) or 1.0,
        intercept=_number(text.plain(_INTERCEPT), 0.0),
        windows=_windows(text),
        function=_function(text.plain(_FUNCTION)),
        inverse=text.plain(_SHAPE).upper() == "INVERSE",
        padding=_padding(found, signed),
        modality_table=_table(found.first.get(MODALITY_LUT), signed=signed),
        voi_table=_table(found.first.get(VOI_LUT), signed=signed),
        palette=_palette(found) if photometric == "PALETTE COLOR" else (),
    )  # fmt: skip
    _check_bytes(layout, data)
    if layout.stream is None and data.offset + data.length > file.size:
        raise cut_off()
    return layout


def _pixel_data(file: File) -> Value:
    data = file.found.values.get(0x7FE00010)
    if data is not None and data.length:
        return data
    if _FLOATS & set(file.found.values):
        raise FilmRefused(
            Refusal.PIXEL_KIND, "The film's pixels are floating-point numbers, which no X-ray film has.",
            "Send the film as the X-ray system made it, with whole numbers of 8 to 16 bits.",
        )  # fmt: skip
    raise FilmRefused(Refusal.NO_PIXELS, "The DICOM file holds no picture.", EXPORT_AGAIN)


def _check_frames(value: str) -> None:
    if value in ("", "1"):
        return
    if not value.isdigit():
        raise damaged(f"The DICOM file does not say how many frames it has, but: {value[:20]}.")
    raise FilmRefused(
        Refusal.MULTI_FRAME, f"The file holds {int(value)} frames; a film is one picture.",
        "Send a single film, not a recording or a series in one file.",
    )  # fmt: skip


def _check_samples(samples: int, photometric: str, allocated: int, stored: int, high: int) -> None:
    fits = {1: _GREY | {"PALETTE COLOR"}, 3: _COLOUR}.get(samples, frozenset())
    if photometric not in fits:
        raise FilmRefused(
            Refusal.PIXEL_KIND,
            f"The film's pixels are of a kind not read here: {samples} sample(s) of {photometric[:32]}.",
            "Send it as MONOCHROME1, MONOCHROME2, RGB or YBR_FULL.",
        )
    if allocated not in (8, 16) or not 1 <= stored <= allocated or not stored - 1 <= high < allocated:
        raise FilmRefused(
            Refusal.PIXEL_KIND,
            f"The film's pixels are of a kind not read: {stored} bits in {allocated}, up to bit {high}.",
            "Send it with 8 to 16 bits a pixel.",
        )


def _stored(file: File, data: Value) -> tuple[str, list[Span], Stream | None]:
    """The transfer syntax that fits the bytes, where they lie, and the compressed stream's own words."""
    if file.declared and file.declared not in NAMES:
        raise unknown_syntax(file.declared)
    if data.length != UNDEFINED:
        native = BIG_ENDIAN if file.found.big else IMPLICIT if file.found.implicit else EXPLICIT
        named = file.declared in NAMES and file.declared not in COMPRESSED
        return file.declared if named else native, [(data.offset, data.length)], None
    spans = fragments(file.source, data.offset, file.size)
    stream = stream_of(first_bytes(file.source, spans))
    _check_stream(file, stream)
    return file.declared if fits(stream.syntax, file.declared) else stream.syntax, spans, stream


def _check_stream(file: File, stream: Stream) -> None:
    rows, columns = file.found.number(_ROWS) or 0, file.found.number(_COLUMNS) or 0
    if stream.width and (stream.width, stream.height) != (columns, rows):
        raise damaged(
            f"The film has {columns} × {rows} pixels by its header, "
            f"but {stream.width} × {stream.height} by its compressed picture."
        )
    samples = found if (found := file.found.number(_SAMPLES)) else 1
    if stream.samples and stream.samples != samples:
        raise damaged(
            f"The film has {samples} sample(s) a pixel by its header, "
            f"but {stream.samples} by its compressed picture."
        )


def _check_bytes(layout: PixelLayout, data: Value) -> None:
    """Compare the size of the image with the bytes that there are."""
    if layout.stream is not None:
        return  # the decoder tells; `fragments` has seen all pieces
    pixels = layout.rows * layout.columns
    samples = 2 if layout.photometric == "YBR_FULL_422" else layout.samples
    needed = pixels * samples * layout.allocated // 8
    if data.length < needed:
        raise FilmRefused(
            Refusal.TRUNCATED,
            f"The film's pixels are cut off: {layout.columns} × {layout.rows} need {needed:,} bytes, "
            f"the file holds {data.length:,}.",
            EXPORT_AGAIN,
        )
    if data.length > needed + max(_SPARE, layout.columns * layout.allocated // 8):
        raise damaged(
            f"The film's size does not fit its pixels: {layout.columns} × {layout.rows} need {needed:,} "
            f"bytes, the file holds {data.length:,}."
        )


def _number(value: str, otherwise: float) -> float:
    try:
        number = float(value.split("\\")[0])
    except ValueError:
        return otherwise
    return number if abs(number) < 1e12 else otherwise


def _windows(text: Text) -> list[tuple[float, float]]:
    centres, widths = (text.plain(tag).split("\\") for tag in (_CENTRE, _WIDTH))
    pairs = zip(centres, widths, strict=False)
    found = [(_number(centre, float("nan")), _number(width, 0.0)) for centre, width in pairs]
    return [(centre, width) for centre, width in found if centre == centre and width > 0]


def _function(value: str) -> str:
    value = value.split("\\")[0].upper()
    return value if value in ("LINEAR_EXACT", "SIGMOID") else "LINEAR"


def _padding(found: Elements, signed: bool) -> tuple[int, int] | None:
    value = found.number(_PADDING)
    if value is None:
        return None
    limit = found.number(_PADDING_LIMIT)
    ends = [value, value if limit is None else limit]
    if signed:
        ends = [end - 0x10000 if end >= 0x8000 else end for end in ends]
    return min(ends), max(ends)


def _table(item: Elements | None, *, signed: bool) -> Table | None:
    """The table in a sequence's first item; None if it has none that makes sense."""
    return None if item is None else _entries(item, 0x00283002, 0x00283006, signed=signed)


def _entries(found: Elements, descriptor: int, data: int, *, signed: bool) -> Table | None:
    described, entries = found.values.get(descriptor), found.values.get(data)
    if described is None or entries is None or len(described.content) < 6:
        return None
    parts = (described.content[place : place + 2] for place in (0, 2, 4))
    count, first, bits = (int.from_bytes(part, "big" if found.big else "little") for part in parts)
    count = count or 65_536
    if (signed or described.representation == "SS") and first >= 0x8000:
        first -= 0x10000
    if not 1 <= bits <= 16 or entries.length < count:
        return None
    return Table(count, first, bits, (entries.offset, entries.length), entries.length >= 2 * count)


def _palette(found: Elements) -> tuple[Table, ...]:
    tables = [_entries(found, _PALETTE[n], _PALETTE[n + 3], signed=False) for n in range(3)]
    segmented = bool(_SEGMENTED & set(found.values))
    if segmented or not all(tables):
        why = "is segmented, which is not read here" if segmented else "cannot be read"
        raise FilmRefused(
            Refusal.PIXEL_KIND, f"The film's pixels are numbers of colours, and their table {why}.",
            "Send it as MONOCHROME2 or RGB.",
        )  # fmt: skip
    return tuple(table for table in tables if table is not None)

"""Makes of a DICOM film what the network and the pages see, and gives its values at full depth."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.dicom.averaging import averaged
from diagnosis.imaging.dicom.header import read_pixel_layout
from diagnosis.imaging.dicom.layout import PixelLayout
from diagnosis.imaging.dicom.palette import coloured
from diagnosis.imaging.dicom.rule import Rule, Window, rule_of
from diagnosis.imaging.dicom.stored import Samples, Stored, looked_up
from diagnosis.imaging.dicom.syntaxes import NAMES
from diagnosis.imaging.raster.decoded import DecodedFilm
from diagnosis.imaging.raster.grey import colourfulness, luma
from diagnosis.imaging.raster.levels import Levels

_WHITE: Final = 65_535
_EDGE: Final = 16  # the part of each side, one of so many, that does not count for an automatic window
_ENOUGH: Final = 500_000  # pixels for a count of levels; more cost time and tell no more
_FILLED: Final = 1e-4  # of all pixels, as `raster.levels` counts
_COLOURFUL_SIDE: Final = 256


@dataclass(frozen=True)
class FullDepth:
    """A film's values as the modality means them, at full resolution.

    values: int16, uint16 or float32 (rows, columns); colour comes as brightness. window: what to show by
    default, None where a table or the levels as they are do. inverted: whether low values are bright.
    steps: the rule.
    """

    values: NDArray[Any]
    window: Window | None
    inverted: bool
    steps: dict[str, str]


def decode_dicom(layout: PixelLayout, *, factor: int) -> DecodedFilm:
    """The film by the rule, each side `factor` times smaller. Raises FilmRefused, and what decoders raise."""
    stored = Stored(layout)
    places, colours = _places(layout, stored, factor)
    counts = _counts(places, stored.bits)
    rule = rule_of(layout, stored, counts)
    table = _levels(rule)
    levels = looked_up(table, places)
    found = Levels(stored.bits, 0, _WHITE, (0.0, 1.0), _counted(table, counts))
    facts = {
        "format": "dicom",
        "mode": layout.photometric,
        "reduction": str(factor),
        "colourfulness": f"{colours:.4f}",
        **rule.steps,
        **_syntax(layout),
    }
    return DecodedFilm(levels, layout.columns, layout.rows, found, 1, facts)


def stored_values(path: Path) -> FullDepth:
    """A film's values at full depth and resolution. Raises like `decode_dicom`, and OSError.

    For files of any source, use `sandbox.values_confined`.
    """
    with path.open("rb") as stream:
        return full_depth(stream)


def rendered(path: Path, window: Window | None = None) -> NDArray[np.uint8]:
    """A film as a screen shows it, 8 bits, at full resolution: in its own window or in the one asked for.

    For files of any source, use `sandbox.rendered_confined`.
    """
    with path.open("rb") as stream:
        return render(stream, window)


def full_depth(stream: BinaryIO) -> FullDepth:
    """`stored_values` of an open file."""
    layout = read_pixel_layout(stream)
    stored = Stored(layout)
    places, _ = _places(layout, stored, 1)
    rule = rule_of(layout, stored, _counts(places, stored.bits))
    values = rule.values
    whole = bool((values == np.rint(values)).all())
    kinds: tuple[Any, ...] = (np.uint16, np.int16) if whole else ()
    kind = next((kind for kind in kinds if _fits(values, kind)), np.float32)
    return FullDepth(looked_up(values.astype(kind), places), rule.window, layout.is_inverted, rule.steps)


def render(
    stream: BinaryIO, window: Window | None = None, *, largest_side: int | None = None
) -> NDArray[np.uint8]:
    """`rendered` of an open file, halved until no side is larger than `largest_side`."""
    layout = read_pixel_layout(stream)
    factor = 1
    while largest_side and -(-max(layout.rows, layout.columns) // factor) > largest_side:
        factor *= 2
    stored = Stored(layout)
    places, _ = _places(layout, stored, factor)
    rule = rule_of(layout, stored, _counts(places, stored.bits), window)
    table: NDArray[np.uint8] = np.rint(rule.brightness * 255).astype(np.uint8)
    return looked_up(table, places)


def _fits(values: NDArray[np.float64], kind: Any) -> bool:
    limits = np.iinfo(kind)
    return bool(values.min() >= limits.min and values.max() <= limits.max)


def _places(layout: PixelLayout, stored: Stored, factor: int) -> tuple[Samples, float]:
    """The film's places, averaged, and how colourful it is."""
    size = layout.rows, layout.columns
    if layout.samples == 1 and not layout.palette:
        strips = stored.strips(factor)
        return averaged(strips, *size, factor, bits=stored.bits, down=layout.is_inverted), 0.0
    colours = list[NDArray[np.float64]]()

    def grey() -> Iterator[Samples]:
        for strip in coloured(layout, stored, factor):
            colours.append(np.array([colourfulness(strip), len(strip)]))
            yield luma(strip)

    places = averaged(grey(), *size, factor)
    told = np.array(colours)
    return places, float((told[:, 0] * told[:, 1]).sum() / told[:, 1].sum())


def _counts(places: Samples, bits: int) -> NDArray[np.integer]:
    """How many pixels of the film hold each place, its edges left out."""
    down, across = (size // _EDGE for size in places.shape)
    inside = places[down : places.shape[0] - down, across : places.shape[1] - across]
    step = max(1, round((inside.size / _ENOUGH) ** 0.5))
    return np.bincount(inside[::step, ::step].ravel(), minlength=1 << bits)


def _levels(rule: Rule) -> NDArray[np.uint16]:
    """The level of each place. One film's and its negative's are the same: halves are not left to chance."""
    return np.rint(np.round(rule.brightness * _WHITE, 6)).astype(np.uint16)


def _counted(table: NDArray[np.uint16], counts: NDArray[np.integer]) -> int:
    """How many of 256 levels hold a share that counts."""
    merged = np.bincount(table >> 8, weights=counts, minlength=256)
    return int(np.count_nonzero(merged >= _FILLED * merged.sum()))


def _syntax(layout: PixelLayout) -> dict[str, str]:
    """How the pixels are stored, and what the header says if that is something else."""
    told = {"syntax": NAMES.get(layout.syntax, layout.syntax)}
    if layout.declared != layout.syntax:
        told["declared_syntax"] = NAMES.get(layout.declared, layout.declared) or "none"
    return told

"""The rule by which stored values become brightness, in this order and each step at most once:

1. the bits in use, and no others (`stored`);
2. the modality's table, or else slope and intercept;
3. the presentation's: the first table, or else the first window with the function that it names. Films of up
to
   eight bits without either are shown as they are, as PNG and JPEG films are. Deeper ones get a window by the
   values that the film itself holds: without padding, and without frames and letters at the ends of the
   range. So do films of which their own table or window shows nothing: it leaves nearly all of them at one
   end;
4. the polarity: MONOCHROME1 or the shape INVERSE.

Which steps a film took goes on record as text.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.dicom.layout import PixelLayout, Table
from diagnosis.imaging.dicom.stored import Stored
from diagnosis.imaging.raster.levels import Levels, deep_levels

Values = NDArray[np.float64]
PLAIN_BITS: Final = 8
_OWN: Final = ("table ", "window ")  # how the words for the film's own presentation begin
_HIDDEN: Final = 0.99  # of a film's pixels at one end: no radiograph looks so in a window meant for it


@dataclass(frozen=True)
class Window:
    """What a screen shows from black to white. function: LINEAR, LINEAR_EXACT or SIGMOID."""

    centre: float
    width: float
    function: str = "LINEAR"

    def brightness(self, values: Values) -> Values:
        """0-1, as PS3.3 C.11.2.1.2 has it."""
        if self.function == "SIGMOID":
            return 1 / (1 + np.exp(np.clip(-4 * (values - self.centre) / self.width, -700, 700)))
        if self.function == "LINEAR_EXACT":
            return np.clip((values - self.centre) / self.width + 0.5, 0, 1)
        if self.width <= 1:
            return (values > self.centre - 0.5).astype(np.float64)
        return np.clip((values - (self.centre - 0.5)) / (self.width - 1) + 0.5, 0, 1)

    @property
    def text(self) -> str:
        return f"centre {self.centre:g}, width {self.width:g}, {self.function}"


@dataclass(frozen=True)
class Rule:
    """What one film's places become.

    values: the modality's value of each place. brightness: 0-1 of each place, polarity included. steps: the
    rule in words, for the record. window: the one that was used, None for a table and for levels as they are.
    """

    values: Values
    brightness: Values
    steps: dict[str, str]
    window: Window | None


def modality_values(layout: PixelLayout, stored: Stored) -> tuple[Values, str]:
    """Step 2 for each place, and how."""
    values = np.arange(1 << stored.bits, dtype=np.float64) + stored.lowest
    if layout.modality_table is not None:
        return _looked_up(_entries(layout.modality_table, layout), layout.modality_table, values), "table"
    if (layout.slope, layout.intercept) == (1, 0):
        return values, "none"
    return values * layout.slope + layout.intercept, f"slope {layout.slope:g}, intercept {layout.intercept:g}"


def rule_of(
    layout: PixelLayout,
    stored: Stored,
    counts: NDArray[np.integer],
    asked: Window | None = None,
) -> Rule:
    """An image's rule, given how many of its pixels hold each place. asked: a window instead of its own."""
    values, modality = modality_values(layout, stored)
    window, told = _presentation(layout, stored, values, counts, asked)
    brightness, unfit = _brightness(layout, values, window), ""
    inside = _inside(counts, layout, stored)
    if told.startswith(_OWN) and _hides(brightness, inside) and np.count_nonzero(inside) > 1:
        unfit, window = told, automatic_window(values, counts, layout, stored)
        told, brightness = f"automatic: {window.text}", window.brightness(values)
    if layout.is_inverted:
        brightness = 1 - brightness
    return Rule(values, brightness, _steps(layout, stored, modality, told, unfit), window)


def _presentation(
    layout: PixelLayout,
    stored: Stored,
    values: Values,
    counts: NDArray[np.integer],
    asked: Window | None,
) -> tuple[Window | None, str]:
    """Step 3: the window, None for a table and for levels as they are; and the step in words."""
    if _is_coloured(layout):
        return None, "none, levels as they are"
    if asked is not None:
        return asked, f"asked: {asked.text}"
    if layout.voi_table is not None:
        return None, "table 1"
    if layout.windows:
        window = Window(*layout.windows[0], layout.function)
        return window, f"window 1 of {len(layout.windows)}: {window.text}"
    if stored.bits <= PLAIN_BITS:
        return None, "none, levels as they are"
    window = automatic_window(values, counts, layout, stored)
    return window, f"automatic: {window.text}"


def _is_coloured(layout: PixelLayout) -> bool:
    """Whether the image is a picture in colours, which has no window."""
    return layout.samples > 1 or bool(layout.palette)


def _brightness(layout: PixelLayout, values: Values, window: Window | None) -> Values:
    """0-1 of each value, before the polarity."""
    if window is not None:
        return window.brightness(values)
    if layout.voi_table is not None and not _is_coloured(layout):
        table = layout.voi_table
        brightness = _looked_up(_entries(table, layout), table, values) / ((1 << table.bits) - 1)
        return np.clip(brightness, 0, 1)
    return (values - values.min()) / max(1.0, float(np.ptp(values)))


def _hides(brightness: Values, inside: NDArray[np.integer]) -> bool:
    """Whether nearly all pixels are as dark as can be, or nearly all as bright."""
    ends = inside[brightness < 1 / 255].sum(), inside[brightness > 254 / 255].sum()
    return bool(max(ends) > _HIDDEN * inside.sum())


def _inside(counts: NDArray[np.integer], layout: PixelLayout, stored: Stored) -> NDArray[np.integer]:
    """The counts without padding; all of them where there is nothing else."""
    if layout.padding is None:
        return counts
    inside = counts.copy()
    first, last = (min(max(end - stored.lowest, -1), len(counts)) for end in layout.padding)
    inside[max(0, first) : max(0, last + 1)] = 0
    return inside if inside.any() else counts


def automatic_window(
    values: Values, counts: NDArray[np.integer], layout: PixelLayout, stored: Stored
) -> Window:
    """The window that shows the film's own values; the same for a film of either polarity."""
    inside = _inside(counts, layout, stored)
    # in the order in which they get brighter, so that a film and its negative have the same window
    rising = (values[-1] >= values[0]) != layout.is_inverted
    ordered, places = (inside, values) if rising else (inside[::-1], values[::-1])
    low, high = _shown(np.pad(ordered, (0, max(0, 65_536 - len(ordered)))))
    dark, bright = (float(places[min(end, len(places) - 1)]) for end in (low, high))
    centre, width = (dark + bright) / 2, abs(bright - dark)
    return Window(centre, max(width, 1.0), "LINEAR_EXACT")


def _shown(counts: NDArray[np.integer]) -> tuple[int, int]:
    """The least and greatest place that are worth showing."""
    found: Levels = deep_levels(counts)
    span = found.white - found.black
    return round(found.black + found.window[0] * span), round(found.black + found.window[1] * span)


def _looked_up(entries: Values, table: Table, values: Values) -> Values:
    places = np.clip(np.rint(values) - table.first, 0, len(entries) - 1).astype(np.int64)
    return entries[places]


def _entries(table: Table, layout: PixelLayout) -> Values:
    data = layout.read(table.data)
    kind = (
        np.dtype(np.uint8)
        if not table.words
        else np.dtype(np.uint16).newbyteorder(">" if layout.big else "<")
    )
    entries = np.frombuffer(data, kind, table.count)
    if table.words and table.bits <= 8 and entries.max() > 255:
        entries = np.right_shift(entries, 8)  # eight bits at the upper end of sixteen
    return entries.astype(np.float64)


def _steps(
    layout: PixelLayout, stored: Stored, modality: str, presentation: str, unfit: str
) -> dict[str, str]:
    inverted = [layout.photometric] * (layout.photometric == "MONOCHROME1") + ["INVERSE"] * layout.inverse
    padding = "" if layout.padding is None else f"{layout.padding[0]} to {layout.padding[1]}"
    steps = {
        "stored": f"{stored.bits} of {layout.allocated} bits, {'signed' if layout.signed else 'unsigned'}",
        "modality": modality,
        "presentation": presentation,
        "unfit": unfit,
        "polarity": f"inverted: {', '.join(inverted)}" if inverted else "as stored",
        "padding": padding,
        "cut_off": "bits above those in use" if stored.masked else "",
    }
    return {name: value for name, value in steps.items() if value}

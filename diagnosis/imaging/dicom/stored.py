"""Gives a DICOM image's stored values as they are: the bits in use alone, in the order of their size.

What lies above the bits in use may be anything, an overlay with the patient's name among it: it is cut off
here, and nothing after this sees it.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.dicom.layout import PixelLayout
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

Samples = NDArray[np.unsignedinteger]
GREY_BYTES: Final = 1 << 18  # of a strip; what is made of it fits the processor's cache
COLOUR_BYTES: Final = 1 << 20  # more, for a strip's colour is averaged
_AT_ONCE: Final = 1 << 14  # places; numpy makes eight bytes of each


class Stored:
    """The stored values of one image, as places in a table of all values that its bits can hold.

    bits: how many. lowest: the value of place 0. rgb: whether colour is RGB, or brightness with two of
    colour. masked: whether bits were cut off that were not zero.
    """

    def __init__(self, layout: PixelLayout) -> None:
        self._layout = layout
        self._whole: Samples | None = None
        self.bits, self._shift = layout.stored, layout.high + 1 - layout.stored
        self.rgb = layout.photometric not in ("YBR_FULL", "YBR_FULL_422")
        if layout.stream is not None:
            self._decode()
        self.lowest = -(1 << self.bits - 1) if layout.signed else 0
        self.masked = False

    def _decode(self) -> None:
        from diagnosis.imaging.dicom.decoders import decoded

        layout, stream = self._layout, self._layout.stream
        assert stream is not None
        samples = decoded(b"".join(layout.read(span) for span in layout.spans), layout, stream)
        if stream.bits and stream.bits < layout.stored and stream.signed:
            self.bits = stream.bits  # its sign stands lower than the header says
        if stream.lossy and stream.bits > self.bits and self._shift == 0:
            self._check_depth(samples)
        if layout.samples == 3 and layout.photometric in ("YBR_FULL", "YBR_FULL_422"):
            from diagnosis.imaging.dicom.decoders import gives_rgb

            self.rgb = gives_rgb(layout, stream)
        self._whole = samples

    def _check_depth(self, samples: Samples) -> None:
        """Refuse a lossy picture deeper than its header says: cutting bits off would make noise of it."""
        deepest = int(samples.max()).bit_length()
        if deepest > self.bits and not self._layout.signed:
            raise FilmRefused(
                Refusal.DAMAGED,
                f"The film has {self.bits} bits a pixel by its header, but its picture uses {deepest}.",
                EXPORT_AGAIN,
            )

    def strips(self, factor: int = 2) -> Iterator[Samples]:
        """The places, some rows at a time: (rows, columns) or (rows, columns, 3).

        factor: a power of two; all strips but the last have whole multiples of so many rows.
        """
        for raw in self._raw(max(2, factor)):
            yield self._places(raw)

    def whole(self) -> Samples:
        """All places."""
        return np.concatenate(list(self.strips()))

    def _places(self, raw: Samples) -> Samples:
        most = (1 << self.bits) - 1
        if self._shift:
            raw = raw >> raw.dtype.type(self._shift)
        if self.bits < 8 * raw.dtype.itemsize and (self._layout.signed or raw.max() > most):
            self.masked |= not self._layout.signed  # of signed ones, the sign may be repeated there
            raw = raw & raw.dtype.type(most)
        if self.lowest:
            raw = raw ^ raw.dtype.type(-self.lowest)
        return raw

    def _raw(self, multiple: int) -> Iterator[Samples]:
        layout = self._layout
        shape = (layout.columns, layout.samples)[: 1 if layout.samples == 1 else 2]
        most = COLOUR_BYTES if layout.samples > 1 or layout.palette else GREY_BYTES
        fitting = most * 8 // (layout.columns * layout.samples * layout.allocated)
        at_once = max(1, fitting // multiple) * multiple
        if self._whole is not None:
            for first in range(0, layout.rows, at_once):
                yield self._whole[first : first + at_once]
        elif layout.samples == 1:
            for first in range(0, layout.rows, at_once):
                rows = min(at_once, layout.rows - first)
                yield self._native(first * layout.columns, rows * layout.columns).reshape(rows, *shape)
        else:
            yield from _colour(self._native(0, _count(layout)), layout, at_once)

    def _native(self, first: int, count: int) -> Samples:
        """Samples of uncompressed pixels."""
        layout = self._layout
        size = layout.allocated // 8
        offset, length = layout.spans[0]
        swapped = layout.big and layout.words and size == 1  # bytes in words, the words turned
        begin, end = first * size, (first + count) * size
        if swapped:
            begin, end = begin & ~1, min(length, end + 1 & ~1)
        data = layout.read((offset + begin, end - begin))
        if swapped:
            data = np.frombuffer(data, ">u2").astype("<u2").tobytes()[first * size - begin :][: count * size]
        if len(data) < count * size:
            raise FilmRefused(Refusal.TRUNCATED, "The film's pixels are cut off.", EXPORT_AGAIN)
        kind: Any = np.uint8 if size == 1 else ">u2" if layout.big else "<u2"
        samples = np.frombuffer(data, kind, count)
        return samples.astype(np.uint16) if layout.big and size == 2 else samples


def looked_up(table: NDArray[Any], places: Samples) -> NDArray[Any]:
    """`table[places]`, in pieces that stay in the processor's cache. table: an entry for each place."""
    found = np.empty(places.shape, table.dtype)
    ordered, into = places.ravel(), found.ravel()
    for first in range(0, ordered.size, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        table.take(ordered[part], out=into[part], mode="clip")
    return found


def _count(layout: PixelLayout) -> int:
    pixels = layout.rows * layout.columns
    return pixels * (2 if layout.photometric == "YBR_FULL_422" else layout.samples)


def _colour(samples: Samples, layout: PixelLayout, at_once: int) -> Iterator[Samples]:
    """Uncompressed colour, a pixel's samples side by side."""
    rows, columns = layout.rows, layout.columns
    if layout.photometric == "YBR_FULL_422":  # two of brightness, then two of colour for both
        pairs = samples.reshape(-1, 4)
        bright = pairs[:, :2].reshape(rows, columns)
        colours = np.repeat(pairs[:, 2:], 2, axis=0).reshape(rows, columns, 2)
        whole = np.concatenate([bright[..., np.newaxis], colours], axis=2)
    elif layout.planar:
        whole = samples.reshape(3, rows, columns).transpose(1, 2, 0)
    else:
        whole = samples.reshape(rows, columns, 3)
    for first in range(0, rows, at_once):
        yield whole[first : first + at_once]

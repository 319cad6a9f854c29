"""Turns a colour image's samples into red, green and blue, or into what brightness alone needs."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.dicom.layout import PixelLayout, Table
from diagnosis.imaging.dicom.stored import Samples, Stored


def coloured(layout: PixelLayout, stored: Stored, factor: int) -> Iterator[Samples]:
    """The film in RGB, some rows at a time (rows, columns, 3), at the depth of `stored.bits`.

    factor: as for `Stored.strips`.
    A palette's colours come in 8 bits, whatever its tables hold; `stored.bits` says so afterwards.
    """
    if layout.palette:
        tables = np.stack([_entries(table, layout) for table in layout.palette], axis=1)
        first, lowest = layout.palette[0].first, stored.lowest
        strips = stored.strips(factor)
        for strip in strips:
            places = np.clip(strip.astype(np.int64) + lowest - first, 0, len(tables) - 1)
            stored.bits, stored.lowest = 8, 0
            yield tables[places]
            stored.bits, stored.lowest = layout.stored, lowest
        stored.bits, stored.lowest = 8, 0
        return
    for strip in stored.strips(factor):
        yield strip if stored.rgb else _rgb(strip, stored.bits)


def _entries(table: Table, layout: PixelLayout) -> NDArray[np.uint8]:
    data = layout.read(table.data)
    if not table.words:
        return np.frombuffer(data, np.uint8, table.count)
    entries = np.frombuffer(data, ">u2" if layout.big else "<u2", table.count)
    eight_bits = table.bits <= 8 and entries.max() <= 255
    return (entries if eight_bits else entries >> 8).astype(np.uint8)


def _rgb(strip: Samples, bits: int) -> Samples:
    """Full-range YCbCr (PS3.3 C.7.6.3.1.2) as RGB."""
    most, middle = float((1 << bits) - 1), float(1 << bits - 1)
    bright = strip[..., 0].astype(np.float32)
    blue, red = (strip[..., place].astype(np.float32) - np.float32(middle) for place in (1, 2))
    channels = (bright + 1.402 * red, bright - 0.344136 * blue - 0.714136 * red, bright + 1.772 * blue)
    whole = np.stack(channels, axis=2)
    return np.clip(np.rint(whole), 0, most).astype(strip.dtype)

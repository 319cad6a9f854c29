"""Averages an image's places while its rows come in, so that no film stands in memory in full."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.unsignedinteger]
_WORD: Final = 65_535


def averaged(
    strips: Iterable[Samples], rows: int, columns: int, factor: int, *, bits: int = 16, down: bool = False
) -> Samples:
    """The mean of each `factor` × `factor` places, uint16; the last of a side may be of fewer.

    Halves are rounded up, or down for a film that will be inverted: so a film and its negative stay each
    other's. Strips have whole multiples of `factor` rows, but for the last. bits: what a place has at most.
    """
    height, width = -(-rows // factor), -(-columns // factor)
    means = np.empty((height, width), dtype=np.uint16)
    row = 0
    for strip in strips:
        count = -(-len(strip) // factor)
        if factor == 1:
            means[row : row + count] = strip
        else:
            _average(strip, means[row : row + count], factor, bits, down)
        row += count
    return means


def _average(strip: Samples, means: Samples, factor: int, bits: int, down: bool) -> None:
    """Put a strip's means where they belong: of whole cells, then of the last ones of a side."""
    rows, columns = (size // factor for size in strip.shape)
    whole = strip[: rows * factor, : columns * factor]
    means[:rows, :columns] = _cells(whole, factor, bits, down)
    if columns < means.shape[1]:
        means[:, columns:] = _uneven(strip[:, columns * factor :], factor, down)
    if rows < means.shape[0]:
        means[rows:, :columns] = _uneven(strip[rows * factor :, : columns * factor], factor, down)


def _cells(strip: Samples, factor: int, bits: int, down: bool) -> Samples:
    """Means of whole cells: rows first, whose neighbours lie side by side in memory."""
    number = factor * factor
    half = (number - 1) // 2 if down else number // 2
    fits = number * ((1 << bits) - 1) + half <= _WORD
    kind = np.uint16 if fits else np.uint32
    lines = np.add(strip[0::factor], strip[1::factor], dtype=kind)
    for below in range(2, factor):
        lines += strip[below::factor]
    sums = lines[:, 0::factor] + lines[:, 1::factor]
    for beside in range(2, factor):
        sums += lines[:, beside::factor]
    sums += kind(half)
    sums >>= kind(number.bit_length() - 1)
    return sums


def _uneven(strip: Samples, factor: int, down: bool) -> NDArray[np.uint32]:
    starts = [np.arange(0, size, factor) for size in strip.shape]
    sums = np.add.reduceat(strip.astype(np.uint64), starts[0], axis=0)
    sums = np.add.reduceat(sums, starts[1], axis=1)
    sizes = [np.minimum(factor, size - begin) for size, begin in zip(strip.shape, starts, strict=True)]
    numbers = np.multiply.outer(*sizes).astype(np.uint64)
    halves = (numbers - np.uint64(1)) // np.uint64(2) if down else numbers // np.uint64(2)
    return ((sums + halves) // numbers).astype(np.uint32)

"""Averages an image's places while its rows come in, so that no film stands in memory in full."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.unsignedinteger]


def averaged(
    strips: Iterable[Samples], rows: int, columns: int, factor: int, *, down: bool = False
) -> Samples:
    """The mean of each `factor` × `factor` places, uint16; the last of a side may be of fewer.

    Halves are rounded up, or down for a film that will be inverted: so a film and its negative stay each
    other's. Strips have whole multiples of `factor` rows, but for the last.
    """
    height, width = -(-rows // factor), -(-columns // factor)
    means = np.empty((height, width), dtype=np.uint16)
    row = 0
    for strip in strips:
        if factor == 1:
            means[row : row + len(strip)] = strip
            row += len(strip)
            continue
        count = -(-len(strip) // factor)
        means[row : row + count] = _cells(strip, factor, down)
        row += count
    return means


def _cells(strip: Samples, factor: int, down: bool) -> NDArray[np.uint32]:
    whole_rows, whole_columns = len(strip) // factor * factor, strip.shape[1] // factor * factor
    if (whole_rows, whole_columns) == strip.shape:
        sums = np.zeros((whole_rows // factor, whole_columns // factor), dtype=np.uint32)
        for below in range(factor):
            for beside in range(factor):
                sums += strip[below::factor, beside::factor]
        number = factor * factor
        half = np.uint32((number - 1) // 2 if down else number // 2)
        sums += half
        return sums >> np.uint32(number.bit_length() - 1)
    return _uneven(strip, factor, down)


def _uneven(strip: Samples, factor: int, down: bool) -> NDArray[np.uint32]:
    starts = [np.arange(0, size, factor) for size in strip.shape]
    sums = np.add.reduceat(strip.astype(np.uint64), starts[0], axis=0)
    sums = np.add.reduceat(sums, starts[1], axis=1)
    sizes = [np.minimum(factor, size - begin) for size, begin in zip(strip.shape, starts, strict=True)]
    numbers = np.multiply.outer(*sizes).astype(np.uint64)
    halves = (numbers - np.uint64(1)) // np.uint64(2) if down else numbers // np.uint64(2)
    return ((sums + halves) // numbers).astype(np.uint32)

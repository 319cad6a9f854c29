"""Averages a film's samples while they come in, a strip at a time, on a coarser grid."""

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.raster.png_rows import Grid


class Reduction:
    """The mean of each `factor` × `factor` samples of a film, rounded; the last of a side may be of fewer.

    factor: a power of two. The sums are kept, so strips may come in any order and grid.
    """

    def __init__(self, width: int, height: int, channels: int, *, factor: int, deep: bool) -> None:
        self.factor, self._deep = factor, deep
        self._size = width, height
        shape = (-(-height // factor), -(-width // factor), channels)
        kind = (np.uint16 if deep else np.uint8) if factor == 1 else np.uint32 if factor <= 256 else np.uint64
        self._sums: NDArray[np.unsignedinteger] = np.zeros(shape, dtype=kind)

    def add(self, grid: Grid, first: int, samples: NDArray[np.unsignedinteger]) -> None:
        """Add rows of a grid, samples (rows, columns, channels), the first of them its row `first`."""
        factor = self.factor
        if factor == 1:
            top = grid.top + first * grid.down
            self._sums[top : top + len(samples) * grid.down : grid.down, grid.left :: grid.across] = samples
            return
        wide = self._across(samples, max(1, factor // grid.across))
        cells = np.arange(first, first + len(samples)) // max(1, factor // grid.down)
        starts = np.flatnonzero(np.diff(cells, prepend=cells[0] - 1))
        sums = np.add.reduceat(wide, starts, axis=0, dtype=self._sums.dtype)
        rows = grid.top // factor + cells[starts] * max(1, grid.down // factor)
        left, step = grid.left // factor, max(1, grid.across // factor)
        self._sums[rows, left : left + step * sums.shape[1] : step] += sums

    def _across(self, samples: NDArray[np.unsignedinteger], count: int) -> NDArray[np.unsignedinteger]:
        """The sums of each `count` neighbours in a row."""
        width = -(-samples.shape[1] // count)
        sums = np.zeros((len(samples), width, samples.shape[2]), dtype=self._sums.dtype)
        for place in range(min(count, samples.shape[1])):
            part = samples[:, place::count]
            sums[:, : part.shape[1]] += part
        return sums

    def means(self) -> NDArray[np.unsignedinteger]:
        """The means (height, width, channels), uint8 or uint16; the sums are gone afterwards."""
        sums, kind = self._sums, np.uint16 if self._deep else np.uint8
        if self.factor == 1:
            return sums
        across, down = (_counts(size, self.factor) for size in self._size)
        means = np.empty(sums.shape, dtype=kind)
        for row, many in enumerate(down):  # a row at a time: sums of 64 bits need room
            number = across * many
            line = sums[row].astype(np.uint64) + (number // 2)[:, np.newaxis]
            if self._deep:
                means[row] = line // number[:, np.newaxis]
            else:  # exactly as Pillow does it
                means[row] = (line * ((1 << 24) // number)[:, np.newaxis]) >> np.uint64(24)
        del self._sums
        return means


def _counts(size: int, factor: int) -> NDArray[np.uint64]:
    counts = np.full(-(-size // factor), factor, dtype=np.uint64)
    counts[-1] = size - factor * (len(counts) - 1)
    return counts

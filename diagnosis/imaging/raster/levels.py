"""Finds which of a film's stored levels are the film: how deep it is, and what lies outside it.

A film of 12 bits in a file of 16 is scaled by 4095. White frames, black ones and letters at the ends of the
file's range say nothing about the film; where they would cost it a bit of depth or more, they are clipped.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_BINS: Final = 256
_FILLED: Final = 1e-4  # of all pixels; a bin with fewer is as good as empty
_GAP: Final = 32  # bins without film between it and what is none
_FEW_BINS: Final = 3  # a frame and letters in it
_FEW_LEVELS: Final = 16  # that make up nearly all of a frame; a film has more
_NEARLY_ALL: Final = 0.9
_SHOWN: Final = (0.005, 0.995)


@dataclass(frozen=True)
class Levels:
    """A film's levels.

    bits: the depth in use. black, white: the levels that become 0 and 1; what lies beyond is clipped.
    window: low and high of what is worth showing of the film, on that scale. count: how many different
    levels (at most 256 are told apart) hold a share of the film that counts.
    """

    bits: int
    black: int
    white: int
    window: tuple[float, float]
    count: int


def plain_levels(counts: NDArray[np.integer]) -> Levels:
    """The levels of a film of 8 bits, given how many pixels hold each of the 256: shown as they are."""
    return Levels(8, 0, 255, (0.0, 1.0), _counted(counts))


def deep_levels(counts: NDArray[np.integer], significant: int = 16) -> Levels:
    """The levels of a film in a file of 16 bits, given how many pixels hold each of the 65,536.

    significant: how many bits a sample has by the file's own word. They may stand at the upper end of the 16,
    as the standard wants, or at the lower.
    """
    present = np.flatnonzero(counts)
    low, high = _film(counts, int(present[0]), int(present[-1]))
    bits = max(8, high.bit_length())
    if significant < bits:  # at the upper end: the film fills the 16 bits
        bits, white = significant, 65535
    else:
        bits = significant if significant < 16 else bits
        white = (1 << bits) - 1
    beyond = counts[high + 1 :].any()
    if beyond:
        white = min(white, high)
    black = low if counts[:low].any() or (beyond and low > white / 2) else 0
    film = counts[low : high + 1]
    dark, bright = low + np.searchsorted(np.cumsum(film) / film.sum(), _SHOWN)
    window = (float((dark - black) / (white - black)), float(min(1.0, (bright - black) / (white - black))))
    inside = counts[dark : bright + 1]
    merged = np.add.reduceat(inside, np.unique(np.arange(_BINS) * len(inside) // _BINS))
    return Levels(bits, black, white, window if bright > dark else (0.0, 1.0), _counted(merged))


def _film(counts: NDArray[np.integer], low: int, high: int) -> tuple[int, int]:
    """The film's lowest and highest level, without frames and letters far from it."""
    while high - low > 2 * _BINS:
        inner = _without_frames(counts, low, high)
        if inner[1] - inner[0] >= (high - low) / 2:
            break  # they cost the film less than a bit
        low, high = inner
    return low, high


def _without_frames(counts: NDArray[np.integer], low: int, high: int) -> tuple[int, int]:
    """The range of levels without what lies at its ends, far off, and of few levels."""
    edges = low + np.arange(_BINS + 1) * (high + 1 - low) // _BINS
    binned = np.add.reduceat(counts[: high + 1], edges[:-1])
    filled = np.flatnonzero(binned >= _FILLED * binned.sum())
    first, last = 0, len(filled) - 1
    for number in range(1, min(_FEW_BINS, last) + 1):
        if filled[number] - filled[number - 1] > _GAP and _few(counts, edges, filled[:number]):
            first = number
        upper = len(filled) - number
        if filled[upper] - filled[upper - 1] > _GAP and _few(counts, edges, filled[upper:]):
            last = upper - 1
    if last < first:
        return low, high
    begin = low if first == 0 and filled[0] <= _GAP else int(edges[filled[first]])
    if last == len(filled) - 1 and _BINS - 1 - filled[last] <= _GAP:
        return begin, high
    end = int(edges[filled[last] + 1]) - 1
    # the film's few brightest pixels, which fill no bin
    far = min(high, (1 << end.bit_length()) - 1, end + (end - begin) // 4)
    tail = np.flatnonzero(counts[begin : far + 1])
    return (begin, begin + int(tail[-1])) if len(tail) else (low, high)


def _few(counts: NDArray[np.integer], edges: NDArray[np.integer], bins: NDArray[np.integer]) -> bool:
    """Whether nearly all pixels in these bins hold one of a few levels, as in a frame."""
    held = np.sort(np.concatenate([counts[edges[place] : edges[place + 1]] for place in bins]))[::-1]
    return bool(held[:_FEW_LEVELS].sum() >= _NEARLY_ALL * held.sum())


def _counted(counts: NDArray[np.integer]) -> int:
    return int(np.count_nonzero(counts >= _FILLED * counts.sum()))

"""Where lines of letters seem to be burnt into a film, and the film without them, as the network sees it.

Nothing is read here. Lines are found by what letters are made of: many thin strokes of high contrast side by
side, in rows one under the other, along the film or down its side. A lone letter, such as the mark of a side,
is too few strokes and stays.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.imaging.radiograph import Radiograph

READ_AT: Final = 640  # pixels of the longest side at which letters are looked for
STROKE: Final = 6  # pixels; the strokes of letters are thinner
CONTRAST: Final = 60  # grey levels between a stroke and both sides of it
LINE: Final = 96  # pixels across which a line of letters has
STROKES: Final = 7  # so many strokes at least, in two rows one under the other
FEW: Final = 2  # strokes that a row of the same letters has at least: those of an I or a T
TALLEST: Final = 48  # rows; what is taller is no line of letters
GAP: Final = 2  # heights of a line between two of its words
MARGIN: Final = 3  # pixels; a letter's edge is softer than its stroke
EDGE: Final = 3  # pixels around a box that it is filled from
FINER: Final = 8  # pixels of a side for one of the lungs' mask, where boxes are laid over it
MOST_HIDDEN: Final = 0.02  # of the lungs: of more the network's answer is a person's to judge


class Box(NamedTuple):
    """A rectangle of pixels, its right and bottom beyond the last of them."""

    left: int
    top: int
    right: int
    bottom: int


def lines_of_letters(radiograph: Radiograph) -> list[Box]:
    """Where lines of letters seem to be burnt in, in pixels of the film as it was decoded; none overlap."""
    picture = Image.fromarray(np.asarray(np.clip(radiograph.pixels, 0, 1) * 255 + 0.5, dtype=np.uint8))
    picture.thumbnail((READ_AT, READ_AT), Image.Resampling.BILINEAR, reducing_gap=2.0)
    levels = np.asarray(picture)
    standing = np.ascontiguousarray(levels.T)
    found = [*_of_either_colour(levels), *(_turned(box) for box in _of_either_colour(standing))]
    height, width = radiograph.pixels.shape
    across, down = width / levels.shape[1], height / levels.shape[0]
    return _joined(
        Box(
            max(0, int((box.left - MARGIN) * across)),
            max(0, int((box.top - MARGIN) * down)),
            min(width, int((box.right + MARGIN) * across) + 1),
            min(height, int((box.bottom + MARGIN) * down) + 1),
        )
        for box in found
    )


def without_letters(radiograph: Radiograph, boxes: Sequence[Box]) -> Radiograph:
    """The film with each box filled from what lies around it; its window stays.

    Black, which exports fill with, is worse than letters: it turned more answers (research/README.md).
    """
    if not boxes:
        return radiograph
    pixels = radiograph.pixels.copy()
    for box in boxes:
        pixels[box.top : box.bottom, box.left : box.right] = _from_around(pixels, box)
    return replace(radiograph, pixels=pixels)


def share_hidden(boxes: Sequence[Box], shape: tuple[int, int], mask: NDArray[np.float32]) -> float:
    """Of the lungs, mask (n, n) 0-1 of a film of this shape, the share that lies in the boxes."""
    lungs = np.kron(mask > 0.5, np.ones((FINER, FINER), dtype=bool))
    hidden = np.zeros_like(lungs)
    down, across = lungs.shape[0] / shape[0], lungs.shape[1] / shape[1]
    for box in boxes:
        rows = slice(round(box.top * down), round(box.bottom * down))
        hidden[rows, round(box.left * across) : round(box.right * across)] = True
    return float((hidden & lungs).sum() / max(1, lungs.sum()))


def _from_around(pixels: NDArray[np.float32], box: Box) -> NDArray[np.float32]:
    """What a box is filled with: of its four edges, the nearer one the more."""
    left, top, right, bottom = box
    above, below = pixels[max(0, top - EDGE) : top, left:right], pixels[bottom : bottom + EDGE, left:right]
    before, after = pixels[top:bottom, max(0, left - EDGE) : left], pixels[top:bottom, right : right + EDGE]
    y, x = np.ogrid[1 : bottom - top + 1, 1 : right - left + 1]
    edges = [
        (above, 0, y),
        (below, 0, bottom - top + 1 - y),
        (before, 1, x),
        (after, 1, right - left + 1 - x),
    ]
    there = [(edge.mean(axis, keepdims=True), 1 / away**2) for edge, axis, away in edges if edge.size]
    if not there:
        return np.zeros((bottom - top, right - left), dtype=np.float32)
    total = sum(weight for _, weight in there)
    return np.asarray(sum(edge * weight for edge, weight in there) / total, dtype=np.float32)


def _joined(boxes: Iterable[Box]) -> list[Box]:
    """The boxes with those that overlap made one."""
    apart: list[Box] = []
    for box in sorted(set(boxes)):
        while touching := [one for one in apart if _overlap(one, box)]:
            apart = [one for one in apart if one not in touching]
            lefts, tops, rights, bottoms = zip(box, *touching, strict=True)
            box = Box(min(lefts), min(tops), max(rights), max(bottoms))
        apart.append(box)
    return apart


def _overlap(one: Box, other: Box) -> bool:
    beside = one.right < other.left or other.right < one.left
    return not (beside or one.bottom < other.top or other.bottom < one.top)


def _turned(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right)


def _of_either_colour(levels: NDArray[np.uint8]) -> Iterator[Box]:
    if levels.shape[1] > LINE:
        yield from _bright(levels)
        yield from _bright(255 - levels)


def _bright(levels: NDArray[np.uint8]) -> Iterator[Box]:
    """Lines of letters that are brighter than what is around them, uint8 (height, width)."""
    starts = _strokes(levels)
    counted = np.cumsum(np.pad(starts, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    last = counted.shape[1] - 1 - LINE
    places = np.append(np.arange(0, last, LINE // 4), last)
    strokes = counted[:, places + LINE] - counted[:, places]
    dense = strokes >= STROKES
    dense[1:] &= dense[:-1].copy()  # and so does the row above
    for place in np.flatnonzero(dense.any(axis=0)):
        bottom = 0
        for row in np.flatnonzero(dense[:, place]):
            if row >= bottom:
                top, bottom = _rows(strokes[:, place], int(row))
                yield _along(starts, int(places[place]), top, bottom)


def _strokes(levels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a stroke begins along each row."""
    levels = np.pad(levels, ((0, 0), (STROKE, STROKE)), mode="edge")
    least = levels  # of the pixels from each on: 1, 2, 4, then STROKE of them
    for further in (1, 2, STROKE - 4):
        least = np.minimum(least[:, :-further], least[:, further:])
    inner = levels[:, STROKE:-STROKE]
    sides = np.maximum(least[:, : inner.shape[1]], least[:, -inner.shape[1] :])
    stroke = (inner >= CONTRAST) & (np.maximum(inner, CONTRAST) - CONTRAST >= sides)
    return np.asarray(stroke[:, 1:] & ~stroke[:, :-1])


def _rows(strokes: NDArray[np.int32], row: int) -> tuple[int, int]:
    """The rows of the letters that this row, with strokes enough, is one of."""
    top, bottom = row, row + 1
    while top > 0 and row - top < TALLEST and strokes[top - 1] >= FEW:
        top -= 1
    while bottom < len(strokes) and bottom - row < TALLEST and strokes[bottom] >= FEW:
        bottom += 1
    return top, bottom


def _along(starts: NDArray[np.bool_], place: int, top: int, bottom: int) -> Box:
    """The line from its first to its last stroke, which may lie outside the place where it was found."""
    columns = np.flatnonzero(starts[top:bottom].any(axis=0))
    gaps = np.flatnonzero(np.diff(columns) > GAP * (bottom - top))
    first, last = np.searchsorted(columns, (place, place + LINE))
    begins = [0, *(gaps[gaps < first] + 1)][-1]
    ends = [*gaps[gaps >= last - 1], len(columns) - 1][0]
    return Box(int(columns[begins]), top, int(columns[ends]) + STROKE + 1, bottom)

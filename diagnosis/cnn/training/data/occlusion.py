"""Films with the lungs, or all but the lungs, painted over, or without burnt-in marks: they teach a network
where to look."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

MARK_WIDTH: Final = 1 / 15  # of the film's side; what is thinner than this, and bright, may be a mark
MARK_LEVELS: Final = 70  # brighter than what lies around it; ribs and clavicles stay below


def without_marks(film: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The film, uint8 (n, n), with letters, wires and clips outside the lungs (mask uint8 (m, m), 0-255)
    replaced by what lies around them.

    A mark is what a morphological opening takes away: bright, thinner than MARK_WIDTH, MARK_LEVELS above its
    surroundings (the white top-hat; Meyer 1979). Inside the lungs nothing is touched, since a thin bright
    line there may be the disease.
    """
    side = max(3, round(len(film) * MARK_WIDTH) | 1)
    around = _extreme(_extreme(film, side, np.minimum), side, np.maximum)
    bright = (film.astype(np.int16) - around > MARK_LEVELS).astype(np.uint8)
    wide = (
        Image.fromarray(mask).filter(ImageFilter.MaxFilter(3)).resize(film.shape, Image.Resampling.BILINEAR)
    )
    marks = (_extreme(bright, 5, np.maximum) > 0) & (np.asarray(wide) <= 100)
    return np.where(marks, around, film)


def _extreme(film: NDArray[np.uint8], side: int, pick: Any) -> NDArray[np.uint8]:
    """The least or greatest level (pick: np.minimum or np.maximum) in the square window around each pixel;
    side: the window's, odd. Windows are doubled, which takes a handful of passes whatever their size."""
    for _ in range(2):
        film, width = np.pad(film, ((side // 2, side // 2), (0, 0)), mode="edge"), 1
        while width < side:
            step = min(width, side - width)
            film, width = pick(film[:-step], film[step:]), width + step
        film = film.T
    return film


def widened(mask: NDArray[np.uint8], side: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Lung mask uint8 (n, n), 0-255 -> where lung is or nearly is, bool (side, side), wider by chance."""
    image = Image.fromarray(mask)
    spread = int(random.integers(0, 4))
    if spread:
        image = image.filter(ImageFilter.MaxFilter(2 * spread + 1))
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR)) > 100


def without_lungs(
    film: NDArray[np.uint8], mask: NDArray[np.uint8], random: np.random.Generator
) -> NDArray[np.uint8]:
    """The film, uint8 (n, n), with both lungs painted over: there is nothing left to judge by."""
    where = widened(mask, len(film), random)
    return np.where(where, _paint(film, random), film)


def only_lungs(
    film: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    other: NDArray[np.uint8],
    random: np.random.Generator,
) -> NDArray[np.uint8]:
    """The film with all but the lungs painted over, or another film's: what lies outside must not matter."""
    where = widened(mask, len(film), random)
    outside = other if random.random() < 0.4 else _paint(film, random)
    return np.where(where, film, outside)


def _paint(film: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """The covering paint: mostly black, else a grey, the film's mean, grain, or the film out of focus."""
    draw = random.random()
    if draw < 0.45:
        return np.zeros_like(film)
    if draw < 0.6:
        return np.full_like(film, random.integers(256))
    if draw < 0.75:
        return np.full_like(film, np.uint8(film.mean()))
    if draw < 0.85:
        return random.integers(0, 256, film.shape, dtype=np.uint8)
    blurred = Image.fromarray(film).filter(ImageFilter.GaussianBlur(len(film) / 8))
    return np.asarray(blurred)

"""Corruptions: films compressed, made smaller, out of focus, sharpened or grainy, as tools leave them.

None of it is disease. Readers of early layers rely on fine texture, and took what tools do to it for a
diseased lung until they were shown such copies: research/README.md.
"""

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def compressed(film: Image.Image, quality: int) -> Image.Image:
    """Saved as a JPEG of this quality (1-95) and read again."""
    buffer = io.BytesIO()
    film.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("L")


def smaller(film: Image.Image, share: float) -> Image.Image:
    """Reduced to a share of its width and height, and brought back."""
    small = (max(16, round(film.width * share)), max(16, round(film.height * share)))
    reduced = film.resize(small, Image.Resampling.BICUBIC, reducing_gap=3.0)
    return reduced.resize(film.size, Image.Resampling.BICUBIC)


def softer(film: Image.Image, radius: float) -> Image.Image:
    """Out of focus; radius: standard deviation of the blur in pixels."""
    return film.filter(ImageFilter.GaussianBlur(radius))


def sharper(film: Image.Image, radius: float, percent: int) -> Image.Image:
    """Edges enhanced by an unsharp mask, as consoles and viewers do."""
    return film.filter(ImageFilter.UnsharpMask(radius, percent, 0))


def grainy(film: Image.Image, levels: float, random: np.random.Generator) -> Image.Image:
    """With grain; levels: its standard deviation in grey levels of 255."""
    grain = random.normal(0.0, levels, (film.height, film.width))
    return Image.fromarray(np.clip(np.rint(np.asarray(film) + grain), 0, 255).astype(np.uint8))


# What level heads are shown. Not grain: shown it, they do worse in a source left out (research/README.md), so
# grain still misleads them.
SHOWN: Final[tuple[Change, ...]] = (
    lambda film, random: compressed(film, int(random.integers(30, 80))),
    lambda film, random: smaller(film, random.uniform(0.5, 0.9)),
    lambda film, random: softer(film, random.uniform(0.4, 1.1)),
    lambda film, random: sharper(film, random.uniform(1, 3), int(random.integers(40, 150))),
)
# What a bundle is measured with, on whole films at their own size.
MEASURED: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "compressed": lambda film, _: compressed(film, 40),
        "smaller": lambda film, _: smaller(film, 0.6),
        "softer": lambda film, _: softer(film, 1.0),
        "sharper": lambda film, _: sharper(film, 2.0, 100),
        "grainy": lambda film, random: grainy(film, 5.0, random),
    }
)


def made_worse(film: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """One of the SHOWN changes, at random, on a film uint8 (n, n) as the network sees it; its 1st and 99th
    percentile become black and white again, as `preprocessing` leaves them."""
    change = SHOWN[random.integers(len(SHOWN))]
    grey = np.asarray(change(Image.fromarray(film), random), dtype=np.float32)
    low, high = np.percentile(grey, (1, 99))
    if high - low < 1e-6:
        return film
    return np.asarray(np.rint(np.clip((grey - low) / (high - low), 0, 1) * 255), dtype=np.uint8)

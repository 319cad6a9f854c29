"""Corruptions: films compressed, made smaller, out of focus, sharpened, grainy, of another tone or framed, as
tools and other machines leave them.

None of it is disease. Readers of early layers rely on fine texture, and took what tools do to it for a
diseased lung until they were shown such copies: research/README.md. CHANGES is the one catalogue; a bundle is
measured with choices from it.
"""

import io
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from diagnosis.cnn.training.data.augmentation import clahe

# Both modes are "L", 8 bit grey, bone bright. The generator is used by grain alone.
Change = Callable[[Image.Image, np.random.Generator], Image.Image]

# Longest side in pixels at which the blur of `softened` is stated.
REFERENCE_SIDE: Final = 512


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


def reduced(film: Image.Image, side: int) -> Image.Image:
    """With a longest side of so many pixels, bicubic with anti-aliasing; a smaller film stays as it is."""
    share = side / max(film.size)
    if share >= 1:
        return film
    size = (max(1, round(film.width * share)), max(1, round(film.height * share)))
    return film.resize(size, Image.Resampling.BICUBIC)


def brought_back(film: Image.Image, side: int) -> Image.Image:
    """Reduced to a longest side of so many pixels and brought back to its own size, bicubic both ways: what
    is finer than that resolution is gone, the number of pixels stays."""
    return reduced(film, side).resize(film.size, Image.Resampling.BICUBIC)


def softened(film: Image.Image, radius: float) -> Image.Image:
    """Out of focus by the same part of the chest whatever the film's size: a Gaussian blur whose standard
    deviation is `radius` pixels where the longest side has REFERENCE_SIDE, and proportionally more on a
    larger film. A smaller film is brought up to REFERENCE_SIDE first and stays there, since a blur of less
    than a pixel cannot be made."""
    share = max(film.size) / REFERENCE_SIDE
    if share < 1:
        size = (round(film.width / share), round(film.height / share))
        film, share = film.resize(size, Image.Resampling.BICUBIC), 1.0
    return film.filter(ImageFilter.GaussianBlur(radius * share))


def equalised(film: Image.Image, *, tiles: int = 8, clip: float = 2.0) -> Image.Image:
    """Local contrast evened out by CLAHE, with so many tiles along each side and histograms cut off at `clip`
    times their mean bin, as consoles do it."""
    return Image.fromarray(clahe(np.asarray(film), tiles=tiles, clip=clip))


def toned(film: Image.Image, gamma: float) -> Image.Image:
    """Each level v of 255 becomes 255 (v / 255)**gamma, rounded: above 1 darker, below 1 brighter."""
    return film.point([round(255 * (level / 255) ** gamma) for level in range(256)])


def darker_borders(film: Image.Image, share: float = 0.08, level: float = 0.5) -> Image.Image:
    """With a frame, as wide as a share of width and height at each side, whose levels are multiplied by
    `level`, as under a collimator."""
    levels = np.asarray(film, dtype=np.float32)
    across, down = round(film.width * share), round(film.height * share)
    frame = np.full(levels.shape, level, dtype=np.float32)
    frame[down : film.height - down, across : film.width - across] = 1.0
    return Image.fromarray(np.rint(levels * frame).astype(np.uint8))


def lettered(film: Image.Image) -> Image.Image:
    """With a white letter L burnt in at the upper right, where the patient's left is marked: 8 % of the
    longest side high, 5 % wide, 1.5 % thick, 6 % away from both edges."""
    marked = film.copy()
    draw, unit = ImageDraw.Draw(marked), max(film.size) / 100
    left, top = film.width - 11 * unit, 6 * unit
    draw.rectangle((left, top, left + 1.5 * unit, top + 8 * unit), fill=255)
    draw.rectangle((left, top + 6.5 * unit, left + 5 * unit, top + 8 * unit), fill=255)
    return marked


# What training shows beside each film: the kinds of change that a network is judged by, of other strengths.
# Their version is part of the cache's key.
MACHINES_VERSION: Final = 1
MACHINES: Final[tuple[Change, ...]] = (
    lambda film, random: softened(film, random.uniform(0.5, 3.5)),
    lambda film, random: reduced(film, int(random.integers(100, 320))),
    lambda film, random: compressed(film, int(random.integers(20, 70))),
    lambda film, random: grainy(film, random.uniform(1, 8), random),
    lambda film, random: equalised(film, tiles=int(random.integers(4, 12)), clip=random.uniform(1.5, 4)),
    lambda film, random: toned(film, float(np.exp(random.uniform(-0.5, 0.5)))),
    lambda film, random: darker_borders(film, random.uniform(0.04, 0.1), random.uniform(0.3, 0.8)),
    lambda film, random: sharper(film, random.uniform(1, 5), int(random.integers(40, 200))),
)
# The catalogue, for whole films at their own size.
CHANGES: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "compressed": lambda film, _: compressed(film, 40),
        "smaller": lambda film, _: smaller(film, 0.6),
        "softer": lambda film, _: softer(film, 1.0),
        "sharper": lambda film, _: sharper(film, 2.0, 100),
        "grainy": lambda film, random: grainy(film, 5.0, random),
        "softened_1.5": lambda film, _: softened(film, 1.5),
        "softened_3": lambda film, _: softened(film, 3.0),
        "softer_3": lambda film, _: softer(film, 3.0),
        "reduced_299": lambda film, _: reduced(film, 299),
        "reduced_224": lambda film, _: reduced(film, 224),
        "brought_back_112": lambda film, _: brought_back(film, 112),
        "equalised": lambda film, _: equalised(film),
        "gamma_0.7": lambda film, _: toned(film, 0.7),
        "gamma_1.4": lambda film, _: toned(film, 1.4),
        "darker_borders": lambda film, _: darker_borders(film),
        "lettered": lambda film, _: lettered(film),
    }
)


def changes_named(names: Iterable[str]) -> Mapping[str, Change]:
    """A choice from the catalogue, in the order of the names; KeyError for one that is not in it."""
    return MappingProxyType({name: CHANGES[name] for name in names})


# What tools do to a file, which research.shortcuts measures.
MEASURED: Final = changes_named(("compressed", "smaller", "softer", "sharper", "grainy"))
# The same film by another machine, which research.new_hospital measures.
OTHER_MACHINES: Final = changes_named(
    (
        "softened_1.5", "softened_3", "softer_3", "reduced_299", "reduced_224", "compressed", "grainy",
        "equalised", "gamma_0.7", "gamma_1.4", "darker_borders", "lettered", "brought_back_112",
    )
)  # fmt: skip


def by_another_machine(pixels: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """A film's pixels, float32 (height, width) 0-1, with one of MACHINES at random; the size may change."""
    film = Image.fromarray(np.asarray(np.rint(np.clip(pixels, 0, 1) * 255), dtype=np.uint8))
    changed = MACHINES[random.integers(len(MACHINES))](film, random)
    return np.asarray(changed, dtype=np.float32) / 255.0

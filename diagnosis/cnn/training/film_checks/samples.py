"""The pictures that the film checks learn from, each with what is true of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.cnn.quality.film_checks import KINDS
from diagnosis.cnn.training.film_checks import alterations
from diagnosis.cnn.training.film_checks.alterations import Film

# How often a film becomes each kind of picture.
SHARES: Final = {"frontal": 0.5, "part": 0.22, "several": 0.13, "photographed": 0.15}
UNKNOWN: Final = -1  # of a truth that a picture does not have, such as which way up a CT slice is


@dataclass(frozen=True)
class Sample:
    """A picture and its truths. kind: index into KINDS; the others may be UNKNOWN."""

    picture: Film
    kind: int
    inverted: int = UNKNOWN
    quarters: int = UNKNOWN
    mirrored: int = UNKNOWN


def of_film(film: Film, another: Film, random: np.random.Generator) -> Sample:
    """A frontal film, altered at random; `another` stands beside it where films are copied together."""
    kind = str(random.choice(list(SHARES), p=list(SHARES.values())))
    mirrored = int(random.random() < 0.5)
    picture = alterations.another_look(film, random)
    picture = alterations.mirrored(picture) if mirrored else picture
    if random.random() < 0.15:
        picture = alterations.written_on(picture, random)
    if random.random() < 0.1:
        picture = alterations.of_levels(picture, int(random.choice([8, 16, 32])))
    if kind == "part":
        picture = _part(picture, random)
    elif kind == "several":
        picture = _several(picture, alterations.another_look(another, random), random)
    inverted = int(random.random() < 0.4)
    picture = alterations.inverted(picture) if inverted else picture
    quarters = int(random.choice([0, 1, 2, 3], p=[0.46, 0.18, 0.18, 0.18]))
    picture = alterations.turned(picture, quarters)
    if kind == "photographed":
        picture = alterations.photographed(picture, random)
    whole = kind in ("frontal", "photographed")
    return Sample(
        picture,
        KINDS.index(kind),
        inverted,
        quarters if whole else UNKNOWN,
        mirrored if whole else UNKNOWN,
    )


def _part(film: Film, random: np.random.Generator) -> Film:
    way = random.random()
    if way < 0.5:
        return alterations.half(film, str(random.choice(alterations.SIDES)), random.uniform(0.35, 0.56))
    return alterations.neck_only(film, random) if way < 0.75 else alterations.close_up(film, random)


def _several(film: Film, another: Film, random: np.random.Generator) -> Film:
    row = alterations.side_by_side([film, another], random, upright=bool(random.random() < 0.3))
    if random.random() < 0.2:
        return alterations.side_by_side([row, row[:, ::-1]], random, upright=True)
    return row


def of_no_frontal(picture: Film, kind: str, random: np.random.Generator) -> Sample:
    """A lateral film or a picture of something else, altered at random."""
    picture = alterations.another_look(picture, random)
    if random.random() < 0.4:
        left, top, right, bottom = random.uniform(0, 0.2, 4)
        picture = alterations.part(picture, left, top, 1 - right, 1 - bottom)
    picture = alterations.mirrored(picture) if random.random() < 0.5 else picture
    inverted = int(random.random() < 0.3)
    picture = alterations.inverted(picture) if inverted else picture
    if random.random() < 0.3:
        picture = alterations.turned(picture, int(random.integers(4)))
    return Sample(picture, KINDS.index(kind), inverted if kind == "lateral" else UNKNOWN)


def for_fitting(name: str) -> bool:
    """Whether a picture that is no frontal film is learnt from, by its file's name; others are for tests."""
    return int(sha256(name.encode()).hexdigest(), 16) % 11 < 5


def smaller(pixels: NDArray[np.floating], side: int = 256) -> Film:
    """Film pixels 0-1 as grey levels, longest side at most `side`."""
    picture = Image.fromarray(np.asarray(np.rint(np.clip(pixels, 0, 1) * 255), dtype=np.uint8))
    picture.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(picture)


def truths(samples: Sequence[Sample]) -> NDArray[np.int8]:
    """Kind, inverted, quarters, mirrored of each, int8 (n, 4)."""
    rows = [(one.kind, one.inverted, one.quarters, one.mirrored) for one in samples]
    return np.array(rows, np.int8).reshape(-1, 4)

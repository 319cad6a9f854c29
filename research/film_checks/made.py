"""Pictures with something wrong, made from test films by code, as files that a clinic might send."""

import io
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image

from diagnosis.cnn.training.film_checks import alterations as alter
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import decode

Make = Callable[[alter.Film, alter.Film, np.random.Generator], alter.Film]

# What each picture is; film, another film that may stand beside it, what is drawn.
KINDS: Final[dict[str, Make]] = {
    "upside_down": lambda film, _, random: alter.turned(film, 2),
    "rotated_90": lambda film, _, random: alter.turned(film, 1),
    "rotated_270": lambda film, _, random: alter.turned(film, 3),
    "inverted": lambda film, _, random: alter.inverted(film),
    "inverted_upside_down": lambda film, _, random: alter.inverted(alter.turned(film, 2)),
    "mirrored": lambda film, _, random: alter.mirrored(film),
    "half": lambda film, _, random: alter.half(film, str(random.choice(alter.SIDES))),
    "neck_only": lambda film, _, random: alter.neck_only(film, random),
    "close_up": lambda film, _, random: alter.close_up(film, random),
    "two_films": lambda film, another, random: alter.side_by_side([film, another], random),
    "light_box": lambda film, _, random: alter.photographed(film, random),
    "sixteen_levels": lambda film, _, random: alter.of_levels(film, 16),
    "burnt_in_name": lambda film, _, random: alter.written_on(film, random),
    "too_dark": lambda film, _, random: alter.exposed(film, 0.0, random.uniform(0.18, 0.25)),
    "too_bright": lambda film, _, random: alter.exposed(film, random.uniform(0.75, 0.85), 1.0),
    "too_flat": lambda film, _, random: alter.exposed(film, 0.4, random.uniform(0.5, 0.6)),
    "too_small": lambda film, _, random: np.asarray(Image.fromarray(film).resize((48, 56))),
}
PARTS: Final = ("half", "neck_only", "close_up")
# The corrections that put each right.
CORRECTIONS: Final = {
    "upside_down": {"rotated_180"},
    "rotated_90": {"rotated_90"},
    "rotated_270": {"rotated_270"},
    "inverted": {"inverted"},
    "inverted_upside_down": {"inverted", "rotated_180"},
}


def as_film(radiograph: Radiograph) -> alter.Film:
    """A film's pixels as grey levels."""
    return np.asarray(np.clip(radiograph.pixels, 0, 1) * 255 + 0.5, dtype=np.uint8)


def as_received(picture: alter.Film, *, bluish: bool = False) -> Radiograph:
    """The picture after it went through a PNG file; bluish, as a camera sees a light box."""
    image = Image.fromarray(picture)
    if bluish:
        levels = picture.astype(np.float64)
        colours = np.stack([0.9 * levels, 0.96 * levels, np.minimum(255, levels + 8)], axis=-1)
        image = Image.fromarray(np.asarray(colours, dtype=np.uint8))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    stream.seek(0)
    return decode(stream, name="made.png").radiograph()


def _as_large_as_a_film(picture: alter.Film) -> alter.Film:
    """The picture with 512 pixels on its longest side: a part of a film is sent as large as a whole one."""
    scale = 512 / max(picture.shape)
    size = (max(96, round(picture.shape[1] * scale)), max(96, round(picture.shape[0] * scale)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def make(kind: str, film: alter.Film, another: alter.Film, random: np.random.Generator) -> Radiograph:
    """One picture of a kind. Raises FilmRefused where no file of it would be taken."""
    picture = KINDS[kind](film, another, random)
    if kind in PARTS:
        picture = _as_large_as_a_film(picture)
    return as_received(picture, bluish=kind == "light_box")

"""What can be wrong with a film, made by code: turned, cut, copied together, photographed, written on.

Films are grey levels, uint8 (height, width), bone bright; `random` decides everything that is not named.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Film = NDArray[np.uint8]
SIDES: Final = ("left", "right", "upper", "lower")
NAMES: Final = ("SMITH JOHN", "Garcia, Maria", "NOWAK ANNA 12.03.1961", "DOE JANE 000123", "Rossi Luca M 47Y")


def turned(film: Film, quarters: int) -> Film:
    """The film turned clockwise by so many quarter turns."""
    return np.ascontiguousarray(np.rot90(film, -quarters))


def inverted(film: Film) -> Film:
    """The film's negative: bone dark."""
    return np.asarray(255 - film, dtype=np.uint8)


def mirrored(film: Film) -> Film:
    """The film with its left side on the right."""
    return np.ascontiguousarray(film[:, ::-1])


def part(film: Film, left: float, top: float, right: float, bottom: float) -> Film:
    """The film between these shares of its width and height."""
    height, width = film.shape
    rows = slice(round(top * height), max(round(bottom * height), round(top * height) + 8))
    columns = slice(round(left * width), max(round(right * width), round(left * width) + 8))
    return np.ascontiguousarray(film[rows, columns])


def half(film: Film, side: str, share: float = 0.5) -> Film:
    """The share of a film at one of its SIDES."""
    boxes = {
        "left": (0.0, 0.0, share, 1.0),
        "right": (1.0 - share, 0.0, 1.0, 1.0),
        "upper": (0.0, 0.0, 1.0, share),
        "lower": (0.0, 1.0 - share, 1.0, 1.0),
    }
    return part(film, *boxes[side])


def neck_only(film: Film, random: np.random.Generator) -> Film:
    """The top of a film: neck and clavicles, at most the tips of the lungs."""
    left, right = random.uniform(0.05, 0.25), random.uniform(0.75, 0.95)
    return part(film, left, 0.0, right, random.uniform(0.16, 0.3))


def close_up(film: Film, random: np.random.Generator) -> Film:
    """A window of a quarter to nearly half the film's width and height."""
    wide, high = random.uniform(0.25, 0.48, 2)
    left, top = random.uniform(0.05, 0.95 - wide), random.uniform(0.05, 0.95 - high)
    return part(film, left, top, left + wide, top + high)


def side_by_side(films: list[Film], random: np.random.Generator, *, upright: bool = False) -> Film:
    """Films next to each other, or (upright) one over the other, with a gap of one grey between them."""
    if upright:
        across = [np.ascontiguousarray(film.T) for film in films]
        return np.ascontiguousarray(side_by_side(across, random).T)
    high = max(film.shape[0] for film in films)
    gap = np.full((high, int(random.integers(0, high // 12 + 1))), random.choice([0, 0, 255, 200]), np.uint8)
    pieces: list[Film] = []
    for film in films:
        wide = max(8, round(film.shape[1] * high / film.shape[0]))
        pieces += [np.asarray(Image.fromarray(film).resize((wide, high))), gap]
    return np.concatenate(pieces[:-1], axis=1)


def photographed(film: Film, random: np.random.Generator) -> Film:
    """The film on a light box, as a camera held askew sees it: keystone, its surroundings, shade, grain."""
    height, width = film.shape
    spread = random.uniform(0.04, 0.16, 8)
    corners = [
        (-spread[0], -spread[1]), (1 + spread[2], -spread[3]),
        (1 + spread[4], 1 + spread[5]), (-spread[6], 1 + spread[7]),
    ]  # fmt: skip
    where = _perspective([(x * width, y * height) for x, y in corners], width, height)
    around = float(random.choice([random.uniform(0, 50), random.uniform(150, 255)]))
    picture = Image.fromarray(film)
    moved = picture.transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        where,
        Image.Resampling.BILINEAR,
        fillcolor=round(around),
    )
    y, x = np.mgrid[0:height, 0:width]
    away = ((x / width - random.uniform(0.3, 0.7)) ** 2 + (y / height - random.uniform(0.3, 0.7)) ** 2) * 2
    light = np.asarray(moved, dtype=np.float64) * random.uniform(0.55, 0.85) + random.uniform(10, 50)
    light = light * (1 - random.uniform(0.2, 0.7) * away) + random.normal(
        0, random.uniform(1, 5), light.shape
    )
    return np.asarray(np.clip(light, 0, 255), dtype=np.uint8)


def _perspective(corners: list[tuple[float, float]], width: int, height: int) -> list[float]:
    """Pillow's eight numbers for the picture whose corners come from these places of the film."""
    rows, values = [], []
    targets = ((0, 0), (width, 0), (width, height), (0, height))
    for (x, y), (u, v) in zip(targets, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows, float), np.array(values, float))]


def written_on(film: Film, random: np.random.Generator) -> Film:
    """The film with a person's name burnt in, in one corner, in a flat white (now and then grey)."""
    picture = Image.fromarray(film.copy())
    height, width = film.shape
    size = max(9, round(height * random.uniform(0.03, 0.05)))
    text = str(random.choice(NAMES))
    draw = ImageDraw.Draw(picture)
    wide = draw.textlength(text, font_size=size)
    left = float(random.choice([0.02 * width, max(0.0, 0.98 * width - wide)]))
    top = float(random.choice([0.02 * height, 0.97 * height - size]))
    draw.text((left, top), text, fill=int(random.choice([255, 255, 230])), font_size=size)
    return np.asarray(picture)


def of_levels(film: Film, levels: int) -> Film:
    """The film in so many shades of grey."""
    step = np.rint(film / 255 * (levels - 1)) / (levels - 1)
    return np.asarray(np.rint(255 * step), dtype=np.uint8)


def exposed(film: Film, low: float, high: float, power: float = 1.0) -> Film:
    """The film's tones bent by a power and squeezed between two shares 0-1; beyond these they are lost."""
    tones = low + (high - low) * (film / 255.0) ** power
    return np.asarray(np.rint(255 * np.clip(tones, 0, 1)), dtype=np.uint8)


def another_look(film: Film, random: np.random.Generator) -> Film:
    """The same film as another machine or hand might have given it: askew, trimmed, toned, grained."""
    picture = Image.fromarray(film)
    if random.random() < 0.6:
        picture = picture.rotate(random.normal(0, 4), Image.Resampling.BILINEAR, fillcolor=int(film[0, 0]))
    left, top, right, bottom = random.uniform(0, 0.06, 4) * (random.random() < 0.6)
    width, height = picture.size
    picture = picture.crop(
        (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    )
    wide = np.exp(random.normal(0, 0.12))
    picture = picture.resize((max(16, round(picture.width * wide)), picture.height))
    if random.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.6)))
    tones = np.asarray(picture) / 255.0
    tones = tones ** np.exp(random.normal(0, 0.35))
    tones = tones + random.normal(0, random.uniform(0, 0.04), tones.shape)
    looked = np.asarray(np.rint(255 * np.clip(tones, 0, 1)), dtype=np.uint8)
    return _framed(looked, random) if random.random() < 0.25 else looked


def _framed(film: Film, random: np.random.Generator) -> Film:
    """The film in a plain frame, black or white, of another width on each side."""
    height, width = film.shape
    up, down = (int(n) for n in random.integers(0, height // 8 + 1, 2))
    left, right = (int(n) for n in random.integers(0, width // 8 + 1, 2))
    level = int(random.choice([0, 0, 255, int(random.integers(256))]))
    return np.pad(film, ((up, down), (left, right)), constant_values=level)

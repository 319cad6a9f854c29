"""Draws curves and areas of a chest in shares of the film's side, and gives them back as arrays of 0 to 1."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIDE: Final = (
    512  # what is drawn; the film is twice as large, and a film's own unsharpness hides the difference
)

Point = tuple[float, float]
Layer = NDArray[np.float32]


def smooth(points: Sequence[Point], *, closed: bool = False, steps: int = 8) -> list[Point]:
    """The points joined by a Catmull-Rom spline."""
    knots = np.asarray(points, dtype=float)
    padded = (
        np.vstack([knots[-1:], knots, knots[:2]]) if closed else np.vstack([knots[:1], knots, knots[-1:]])
    )
    share = np.linspace(0, 1, steps, endpoint=False)[:, None]
    curve = [
        0.5
        * (
            2 * b
            + (c - a) * share
            + (2 * a - 5 * b + 4 * c - d) * share**2
            + (3 * b - a - 3 * c + d) * share**3
        )
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    if not closed:
        curve.append(knots[-1:])
    return [(float(x), float(y)) for x, y in np.vstack(curve)]


class Canvas:
    """One layer under the brush: what is drawn is as dense as `tone` says, 0 to 1; denser wins."""

    def __init__(self) -> None:
        self._image = Image.new("L", (SIDE, SIDE), 0)
        self._draw = ImageDraw.Draw(self._image)

    def area(self, points: Sequence[Point], tone: float = 1.0) -> None:
        self._draw.polygon([(x * SIDE, y * SIDE) for x, y in points], fill=round(255 * tone))

    def line(self, points: Sequence[Point], width: float, tone: float = 1.0) -> None:
        """A curve of the given width, a share of the side."""
        pixels = [(x * SIDE, y * SIDE) for x, y in points]
        self._draw.line(pixels, fill=round(255 * tone), width=max(1, round(width * SIDE)), joint="curve")

    def disc(self, centre: Point, across: float, down: float, tone: float = 1.0) -> None:
        (x, y), fill = centre, round(255 * tone)
        box = ((x - across) * SIDE, (y - down) * SIDE, (x + across) * SIDE, (y + down) * SIDE)
        self._draw.ellipse(box, fill=fill)

    def layer(self, blur: float = 0.0) -> Layer:
        """What was drawn, blurred by a share of the side."""
        return blurred(self._image, blur)


def blurred(picture: Image.Image | Layer, blur: float) -> Layer:
    """A layer blurred by a share of the side; wide blurs are made of a smaller one."""
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))
    radius, size = blur * SIDE, picture.size
    if radius > 8:
        small = picture.resize((SIDE // 4, SIDE // 4), Image.Resampling.BOX)
        picture = small.filter(ImageFilter.GaussianBlur(radius / 4)).resize(size, Image.Resampling.BICUBIC)
    elif radius > 0:
        picture = picture.filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(picture, dtype=np.float32) / np.float32(255)


def grain(random: np.random.Generator, finest: int, side: int = SIDE) -> Layer:
    """Cloudy noise around 0 with a spread of 1: `finest` clouds across, coarser ones stronger."""
    clouds = np.zeros((side, side), dtype=np.float32)
    weight, across = 1.0, finest
    while across >= 4:
        field = random.standard_normal((across, across)).astype(np.float32)
        clouds += weight * np.asarray(Image.fromarray(field).resize((side, side), Image.Resampling.BICUBIC))
        weight, across = weight * 1.6, across // 2
    return (clouds - clouds.mean()) / clouds.std()

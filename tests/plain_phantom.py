"""Draws plain schematic chests for tests: quick, and the same whatever the demonstration draws."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH: Final = 1024
HEIGHT: Final = 1024
KINDS: Final = ("normal", "hazy", "dense")


def draw_phantom(*, seed: int, kind: str = "normal") -> Image.Image:
    """Draw a phantom, mode L, 1024 × 1024; the same seed and kind give the same pixels.

    kind: "normal" (clear lungs), "hazy" (soft patches at the lower edges of both lungs) or "dense" (one
    solid patch in one lung). Raises ValueError for any other.
    """
    if kind not in KINDS:
        raise ValueError(f"no such phantom: {kind!r}; there are {', '.join(KINDS)}")
    random = np.random.default_rng([seed, KINDS.index(kind)])
    shift = int(random.integers(-12, 13))
    levels = _body(shift) + _shadows(random, kind, shift)
    levels += random.normal(0, 4, levels.shape)
    image = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    return _labelled(image, f"PHANTOM {kind} {seed}")


def _layer(blur: float) -> tuple[Image.Image, ImageDraw.ImageDraw, ImageFilter.GaussianBlur]:
    image = Image.new("L", (WIDTH, HEIGHT), 0)
    return image, ImageDraw.Draw(image), ImageFilter.GaussianBlur(blur)


def _array(image: Image.Image, blur: ImageFilter.GaussianBlur) -> NDArray[np.float64]:
    return np.asarray(image.filter(blur), dtype=np.float64)


def _body(shift: int) -> NDArray[np.float64]:
    image, draw, soft = _layer(14)
    draw.rounded_rectangle((110, 90, 914, 1100), radius=220, fill=120)
    draw.rectangle((430, 0, 594, 200), fill=110)
    for left in (190, 548):  # lungs
        draw.ellipse((left, 180 + shift, left + 290, 790 + shift), fill=36)
    draw.ellipse((440, 470 + shift, 730, 800 + shift), fill=165)  # heart, to the image's right
    draw.ellipse((150, 720 + shift, 500, 1100), fill=180)  # diaphragm
    draw.ellipse((530, 745 + shift, 880, 1100), fill=180)
    levels = _array(image, soft)
    bones, draw, sharp = _layer(3)
    for row in range(9):
        top = 190 + shift + row * 66
        draw.arc((150, top, 505, top + 190), 180, 350, fill=34, width=15)
        draw.arc((519, top, 874, top + 190), 190, 360, fill=34, width=15)
    draw.line((200, 215 + shift, 490, 160 + shift), fill=70, width=22)  # collar bones
    draw.line((824, 215 + shift, 534, 160 + shift), fill=70, width=22)
    draw.rectangle((484, 60, 540, 1000), fill=60)  # spine
    return levels + _array(bones, sharp)


def _shadows(random: np.random.Generator, kind: str, shift: int) -> NDArray[np.float64]:
    image, draw, soft = _layer(26 if kind == "hazy" else 12)
    if kind == "hazy":
        for left, right in ((215, 330), (690, 800)):
            for _ in range(5):
                x, y = int(random.integers(left, right)), int(random.integers(480, 700)) + shift
                size = int(random.integers(40, 85))
                draw.ellipse((x - size, y - size, x + size, y + size), fill=70)
    elif kind == "dense":
        x = int(random.choice([300, 740]))
        y, size = int(random.integers(420, 640)) + shift, int(random.integers(70, 110))
        draw.ellipse((x - size, y - size, x + size, y + int(size * 1.2)), fill=105)
    return _array(image, soft)


def _labelled(image: Image.Image, text: str) -> Image.Image:
    """The image with the text burned in at top and bottom, so that no crop loses it."""
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(44)
    for y in (20, HEIGHT - 72):
        draw.text((WIDTH / 2, y), text, fill=255, font=font, anchor="ma", stroke_width=2, stroke_fill=0)
    return image

"""Draws chests by code, labelled as phantoms, for installations without films.

The beam's way is followed as a film would: body, less the air in the lungs, plus bone; then the film's curve,
its unsharpness and its grain. No film was copied; the plan is drawn by hand.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from diagnosis.imaging.phantom.canvas import Layer, blurred, grain
from diagnosis.imaging.phantom.chest import Chest, chest_of
from diagnosis.imaging.phantom.opacities import DENSE, HAZY, KINDS, NORMAL, opacity
from diagnosis.imaging.phantom.skeleton import bones
from diagnosis.imaging.phantom.tissue import air, body, lung_mask, middle, vessels

__all__ = ["DENSE", "HAZY", "HEIGHT", "KINDS", "NORMAL", "WIDTH", "Phantom", "draw", "draw_phantom"]

WIDTH: Final = 1024
HEIGHT: Final = 1024
APART: Final = 92  # pixels between two letters of its label


@dataclass(frozen=True)
class Phantom:
    """A drawn film, mode L, and the share of air that its opacity takes, 0 to 1, on half as many pixels."""

    image: Image.Image
    opacity: Layer


def draw_phantom(*, seed: int, kind: str = NORMAL) -> Image.Image:
    """The film of `draw`."""
    return draw(seed=seed, kind=kind).image


def draw(*, seed: int, kind: str = NORMAL) -> Phantom:
    """Draw a phantom, 1024 × 1024; the same seed and kind give the same pixels.

    kind: "normal" (clear lungs), "hazy" (soft patches along the walls of both lungs) or "dense" (one
    lung half filled). Raises ValueError for any other.
    """
    if kind not in KINDS:
        raise ValueError(f"no such phantom: {kind!r}; there are {', '.join(KINDS)}")
    random = np.random.default_rng([seed, KINDS.index(kind)])
    chest = chest_of(random)
    lungs = lung_mask(chest)
    filled = opacity(chest, kind, random, lungs)
    beam = _beam(chest, random, _edges_lost(chest, lungs, filled), filled)
    return Phantom(_labelled(_developed(beam, random), f"PHANTOM {seed}"), filled)


def _edges_lost(chest: Chest, lungs: Layer, filled: Layer) -> Layer:
    """The lungs without the sharp edge where air is gone beside it: the sign by which readers place it."""
    near = np.clip(1.5 * blurred(filled, 0.05), 0, 1)
    return lungs * (1 - near) + lung_mask(chest, 0.02) * near


def _beam(chest: Chest, random: np.random.Generator, lungs: Layer, filled: Layer) -> Layer:
    """How much of the beam stays in the body. The figures are set by eye, and by test films' grey levels."""
    inside = lungs * (1 - filled)
    beam = body(chest, random) + middle(chest) - 0.50 * air(chest, lungs) * (1 - filled)
    beam += 0.16 * vessels(chest, random) * inside + 0.045 * grain(random, 128) * inside
    beam += 0.25 * bones(chest) * np.clip(beam * 4, 0, 1)
    scattered = blurred(np.clip(beam, 0, 1), 0.09)
    return np.asarray(0.78 * beam + 0.22 * scattered, dtype=np.float32)


def _developed(beam: Layer, random: np.random.Generator) -> Image.Image:
    """The film's curve and grain: dense parts saturate, thin ones are grainier."""
    levels = 252 * (1 - np.exp(-((1.25 * np.clip(beam, 0, None)) ** 1.4)))
    film = Image.fromarray(levels.astype(np.float32)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    pixels = np.asarray(film)
    noise = random.standard_normal((HEIGHT // 2, WIDTH // 2), dtype=np.float32)
    noise = np.asarray(Image.fromarray(noise).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR))
    pixels = pixels + noise * (7.5 - 0.014 * pixels)
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _labelled(image: Image.Image, text: str) -> Image.Image:
    """The image with the text burned in at top and bottom, so that no crop loses it.

    Its letters stand far apart: it is no line of text for those who look for a patient's name.
    """
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(40)
    left = (WIDTH - APART * (len(text) - 1)) / 2
    for y in (12, HEIGHT - 58):
        for place, letter in enumerate(text):
            x = left + APART * place
            draw.text((x, y), letter, fill=255, font=font, anchor="ma")
    return image

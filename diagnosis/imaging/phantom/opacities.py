"""What is wrong in a drawn chest: patches at the edges of both lungs, or one lung half filled."""

from typing import Final

import numpy as np

from diagnosis.imaging.phantom.canvas import Canvas, Layer, Point, grain
from diagnosis.imaging.phantom.chest import Chest

NORMAL, HAZY, DENSE = "normal", "hazy", "dense"
KINDS: Final = (NORMAL, HAZY, DENSE)


def opacity(chest: Chest, kind: str, random: np.random.Generator, lungs: Layer) -> Layer:
    """The share of the lungs' air that is gone, 0 to 1."""
    if kind == NORMAL:
        return np.zeros_like(lungs)
    drawn = _patches(chest, random) if kind == HAZY else _lobe(chest, random)
    drawn = np.maximum(drawn, _around_the_hila(chest, random))
    clouds = 0.6 * grain(random, 16) + 0.5 * grain(random, 96)
    return np.asarray(np.clip(1.6 * drawn * (1 + 0.33 * clouds), 0, 0.92) * lungs, dtype=np.float32)


def _patches(chest: Chest, random: np.random.Generator) -> Layer:
    """Many soft patches along the walls of both lungs, more and denser ones low."""
    canvas, core = Canvas(), Canvas()
    for side in (0, 1):
        inward = 1 if side == 0 else -1
        for y in np.linspace(0.30, 0.70, 9):
            height = y + random.uniform(-0.02, 0.02)
            depth = random.uniform(0.02, 0.13)
            centre = chest.at((chest.wall(side, height) + inward * depth, height))
            across, down = random.uniform(0.04, 0.075), random.uniform(0.035, 0.06)
            tone = min(0.9, 0.5 + 0.9 * (height - 0.3)) * random.uniform(0.7, 1.1)
            canvas.disc(centre, across, down, min(1.0, tone))
            core.disc(centre, 0.4 * across, 0.4 * down, min(1.0, tone))
    return np.asarray(np.clip(0.85 * canvas.layer(0.022) + 0.35 * core.layer(0.01), 0, 1), dtype=np.float32)


def _lobe(chest: Chest, random: np.random.Generator) -> Layer:
    """One lung's lower half hazy, with a dense heart of patches that run together."""
    outward = -1 if random.random() < 0.5 else 1
    return _clouded(chest, random, outward, across=(0.08, 0.28), down=(0.33, 0.61), patches=10, tone=0.85,
                    haze=0.6, spread=(0.2, 0.3))  # fmt: skip


def _around_the_hila(chest: Chest, random: np.random.Generator) -> Layer:
    """The thickening around both hila that comes with an inflamed lung."""
    both = [
        _clouded(chest, random, outward, across=(0.1, 0.2), down=(0.35, 0.47), patches=6, tone=0.7,
                 haze=0.35, spread=(0.1, 0.15))
        for outward in (-1, 1)
    ]  # fmt: skip
    return np.maximum(*both)


def _clouded(
    chest: Chest, random: np.random.Generator, outward: int, *, across: Point, down: Point, patches: int,
    tone: float, haze: float, spread: Point,
) -> Layer:  # fmt: skip
    """Patches that run together in a haze; across, down: from and to, in the plan and from its middle."""
    drawn, veil = Canvas(), Canvas()
    for _ in range(patches):
        centre = (0.5 + outward * random.uniform(*across), random.uniform(*down))
        size = random.uniform(0.04, 0.07), random.uniform(0.04, 0.07)
        drawn.disc(chest.at(centre), *size, tone * random.uniform(0.6, 1.0))
    veil.disc(chest.at((0.5 + outward * sum(across) / 2, sum(down) / 2)), *spread, haze)
    return np.maximum(drawn.layer(0.02), veil.layer(0.03))

"""The soft parts of a drawn chest: the body around the lungs, the air in them, heart, hila and vessels."""

import numpy as np

from diagnosis.imaging.phantom.canvas import SIDE, Canvas, Layer, Point, blurred, grain
from diagnosis.imaging.phantom.chest import Chest


def body(chest: Chest, random: np.random.Generator) -> Layer:
    """How much the body weakens the beam without its air and bones; 0 beside it."""
    trunk = Canvas()
    wide = random.uniform(-0.015, 0.02)
    half = ((0.085, -0.06), (0.088, 0.0), (0.10, 0.035), (0.17, 0.06), (0.29, 0.072), (0.41, 0.092),
            (0.50, 0.16), (0.535, 0.28), (0.53, 0.42))  # fmt: skip
    flank = ((0.475, 0.40), (0.445, 0.47), (0.43, 0.56), (0.43, 0.7), (0.437, 0.85), (0.44, 1.25))
    right = [(0.5 - x - wide * min(1, max(0, 3 * y - 0.6)), y) for x, y in (*half, *flank)]
    left = [(1.0 - x, y) for x, y in reversed(right)]
    trunk.area(chest.along(*right) + chest.along(*left))
    for outward in (-1, 1):  # the upper arms, beside the trunk
        arm = ((0.47, 0.13), (0.54, 0.22), (0.545, 0.5), (0.60, 0.8), (0.72, 0.8), (0.72, 0.13))
        trunk.area(chest.along(*((0.5 + outward * x, y) for x, y in arm), closed=True))
    outline = trunk.layer(0.004)
    across = np.linspace(-1, 1, SIDE, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, SIDE, dtype=np.float32)[:, None]
    inner = blurred(outline, 0.06)
    thick = 0.10 + 0.72 * inner**1.2 * (1 - 0.18 * across**2) + 0.15 * np.clip(0.28 - down, 0, 0.28) / 0.28
    thick += 0.40 * np.clip((down - 0.60) / 0.25, 0, 1)  # the belly
    return np.asarray(outline * (thick + 0.012 * grain(random, 32)), dtype=np.float32)


def middle(chest: Chest) -> Layer:
    """Mediastinum, heart and what lies below the diaphragm, added to the body."""
    centre, heart, hila = Canvas(), Canvas(), Canvas()
    centre.area([chest.at(p) for p in ((0.44, 0.08), (0.56, 0.08), (0.57, 0.62), (0.43, 0.62))])
    outline = ((0.46, 0.33), (0.56, 0.33), (0.60, 0.43), (0.655, 0.52), (0.70, 0.61), (0.712, 0.70),
               (0.60, 0.725), (0.44, 0.71), (0.40, 0.64), (0.40, 0.54), (0.43, 0.43))  # fmt: skip
    size = chest.heart
    heart.area(chest.along(*((x + (x > 0.56) * size, y) for x, y in outline), closed=True))
    for x, y in ((0.425, 0.405), (0.585, 0.385)):
        hila.disc(chest.at((x, y)), 0.026, 0.05)
        hila.disc(chest.at((x + (0.012 if x > 0.5 else -0.012), y + 0.045)), 0.017, 0.045)
    return np.asarray(
        0.26 * centre.layer(0.022) + 0.24 * heart.layer(0.010) + 0.16 * hila.layer(0.014), dtype=np.float32
    )


def lung_mask(chest: Chest, blur: float = 0.006) -> Layer:
    """The two lungs as a film shows them, 0 to 1."""
    lungs = Canvas()
    for outline in chest.lungs:
        lungs.area(outline)
    return lungs.layer(blur)


def air(chest: Chest, lungs: Layer) -> Layer:
    """How much less the beam is weakened by air: most in a lung, some before a diaphragm."""
    hidden = Canvas()
    behind = ((0.15, 0.75), (0.27, 0.70), (0.41, 0.69), (0.41, 0.74), (0.27, 0.78), (0.16, 0.82))
    hidden.area([chest.at(p) for p in behind])
    hidden.area([chest.at((1.0 - x, y + 0.02)) for x, y in behind])
    windpipe = Canvas()
    windpipe.line([chest.at(p) for p in ((0.503, -0.02), (0.502, 0.2), (0.507, 0.31))], 0.036)
    windpipe.line([chest.at(p) for p in ((0.507, 0.30), (0.455, 0.375))], 0.024)
    windpipe.line([chest.at(p) for p in ((0.507, 0.30), (0.565, 0.37))], 0.021)
    stomach = Canvas()
    stomach.disc(chest.at((0.735, 0.765 + chest.breath)), 0.05, 0.022)
    depth = 0.30 + 0.85 * blurred(lungs, 0.045)
    return np.asarray(
        lungs * depth
        + 0.10 * hidden.layer(0.02)
        + 0.17 * windpipe.layer(0.005)
        + 0.22 * stomach.layer(0.007),
        dtype=np.float32,
    )


def vessels(chest: Chest, random: np.random.Generator) -> Layer:
    """Branching vessels from both hila, thinner and fainter the farther out."""
    tree = Canvas()
    for side, hilum in ((0, (0.425, 0.41)), (1, (0.582, 0.395))):
        outward = np.pi if side == 0 else 0.0
        for angle in np.linspace(-1.25, 1.4, 11):
            turned = outward - angle if side == 0 else angle
            _branch(tree, random, chest.at(hilum), turned + random.normal(0, 0.08), 0.0085, 0.13, 0)
    return tree.layer(0.0022)


def _branch(
    tree: Canvas,
    random: np.random.Generator,
    start: Point,
    angle: float,
    width: float,
    length: float,
    depth: int,
) -> None:
    here, way = start, [start]
    for _ in range(4):
        angle += random.normal(0, 0.12)
        here = (here[0] + np.cos(angle) * length / 4, here[1] + np.sin(angle) * length / 4)
        way.append(here)
    tree.line(way, width, 0.85 * 0.72**depth)
    if depth < 4:
        for turn in (-0.42, 0.38):
            further = length * random.uniform(0.55, 0.8)
            _branch(
                tree, random, here, angle + turn + random.normal(0, 0.15), 0.62 * width, further, depth + 1
            )

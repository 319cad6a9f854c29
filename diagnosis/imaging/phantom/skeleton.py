"""Ribs, collar bones, shoulder blades and spine of a drawn chest."""

from typing import Final

import numpy as np

from diagnosis.imaging.phantom.canvas import Canvas, Layer, Point, smooth
from diagnosis.imaging.phantom.chest import Chest

RIBS: Final = 10
FIRST, STEP = 0.088, 0.0685  # of the plan: where the first rib leaves the spine, and how far apart they are
THICK: Final = 0.0185


def bones(chest: Chest) -> Layer:
    """Everything bony, as densities that add up, 0 to about 1.5."""
    behind, front = Canvas(), Canvas()
    rims = Canvas()
    for number in range(RIBS):
        for side in (0, 1):
            _rib(chest, behind, rims, _behind(chest, side, number), THICK * chest.height, 1.0)
            if 1 <= number <= 6:
                _rib(chest, front, rims, _in_front(chest, side, number), 1.1 * THICK * chest.height, 0.55)
    layers = 0.42 * behind.layer(0.0022) + 0.24 * front.layer(0.003) + 0.30 * rims.layer(0.0016)
    return layers + _shoulders(chest) + _spine(chest)


def _rib(chest: Chest, bone: Canvas, rims: Canvas, curve: list[Point], width: float, tone: float) -> None:
    """A rib is denser at its rims, above all at the lower one."""
    bone.line(curve, width, tone)
    half = width / 2
    rims.line([(x, y + half) for x, y in curve], 0.0035, 0.8 * tone)
    rims.line([(x, y - half) for x, y in curve], 0.0025, 0.55 * tone)


def _behind(chest: Chest, side: int, number: int) -> list[Point]:
    """From the spine, a little upwards, over the back and down to the wall."""
    start = FIRST + STEP * number
    drop = 0.045 + 0.012 * number
    wall = chest.wall(side, start + drop)
    outward = -1 if side == 0 else 1
    spine = 0.5 + outward * 0.028
    reach = wall + outward * 0.008 - spine
    way = ((0.0, 0.012), (0.22, -0.010), (0.5, 0.0), (0.76, 0.3 * drop), (0.93, 0.68 * drop), (1.0, drop))
    return chest.along(*((spine + share * reach, start + down) for share, down in way))


def _in_front(chest: Chest, side: int, number: int) -> list[Point]:
    """From the wall forwards and down, to where the cartilage begins, which no film shows."""
    start = FIRST + STEP * number + 0.05 + 0.012 * number
    outward = -1 if side == 0 else 1
    wall = chest.wall(side, start) + outward * 0.008
    end = 0.5 + outward * (0.085 + 0.014 * number)
    fall = 0.085 + 0.010 * number
    way = ((0.0, 0.0), (0.06, 0.035), (0.25, 0.55 * fall), (0.6, 0.92 * fall), (1.0, fall))
    return chest.along(*((wall + share * (end - wall), start + down) for share, down in way))


def _shoulders(chest: Chest) -> Layer:
    collar, blades, rims = Canvas(), Canvas(), Canvas()
    for outward in (-1, 1):
        way = ((0.048, 0.172), (0.10, 0.152), (0.18, 0.128), (0.27, 0.118), (0.36, 0.098))
        curve = chest.along(*((0.5 + outward * x, y) for x, y in way))
        collar.line(curve, 0.022)
        rims.line([(x, y + 0.011) for x, y in curve], 0.004)
        rims.line([(x, y - 0.011) for x, y in curve], 0.003)
        blade = ((0.30, 0.135), (0.285, 0.22), (0.305, 0.33), (0.345, 0.42), (0.375, 0.38), (0.40, 0.27),
                 (0.42, 0.16), (0.37, 0.125))  # fmt: skip
        outline = chest.along(*((0.5 + outward * x, y) for x, y in blade), closed=True)
        blades.area(outline)
        rims.line(outline, 0.004, 0.6)
        blades.disc(chest.at((0.5 + outward * 0.455, 0.165)), 0.047, 0.05, 1.0)
    return 0.5 * collar.layer(0.003) + 0.16 * blades.layer(0.006) + 0.28 * rims.layer(0.002)


def _spine(chest: Chest) -> Layer:
    bodies, discs = Canvas(), Canvas()
    for number in range(16):
        y = 0.02 + 0.0685 * number
        half = 0.03 + 0.0007 * number
        box = ((0.5 - half, y), (0.5 + half, y), (0.5 + 0.92 * half, y + 0.027), (0.5 + half, y + 0.054),
               (0.5 - half, y + 0.054), (0.5 - 0.92 * half, y + 0.027))  # fmt: skip
        bodies.area(smooth([chest.at(point) for point in box], closed=True))
        discs.disc(chest.at((0.5, y + 0.028)), 0.005, 0.011)
    return np.asarray(0.22 * bodies.layer(0.004) + 0.10 * discs.layer(0.003), dtype=np.float32)

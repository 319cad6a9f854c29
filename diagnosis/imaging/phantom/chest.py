"""Where things lie in one drawn chest: lungs, heart and body, a little different with every seed."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from diagnosis.imaging.phantom.canvas import Point, smooth

# The patient's right lung, on the film's left: from its apex down the middle, along the diaphragm, up again.
RIGHT_MIDDLE: Final = (
    (0.375, 0.098), (0.425, 0.125), (0.447, 0.19), (0.452, 0.27), (0.445, 0.36), (0.43, 0.44), (0.412, 0.53),
    (0.404, 0.61), (0.405, 0.672),
)  # fmt: skip
RIGHT_DOME: Final = ((0.365, 0.668), (0.30, 0.662), (0.235, 0.676), (0.178, 0.715), (0.146, 0.765))
RIGHT_WALL: Final = (
    (0.133, 0.79), (0.128, 0.75), (0.13, 0.67), (0.142, 0.56), (0.162, 0.45), (0.19, 0.34), (0.226, 0.24),
    (0.274, 0.16), (0.325, 0.112),
)  # fmt: skip
LEFT_MIDDLE: Final = (
    (0.622, 0.098), (0.578, 0.125), (0.562, 0.185), (0.563, 0.225), (0.577, 0.255), (0.582, 0.285),
    (0.576, 0.325), (0.574, 0.352), (0.583, 0.385), (0.594, 0.43), (0.632, 0.50), (0.672, 0.575),
    (0.70, 0.64), (0.712, 0.692),
)  # fmt: skip
LEFT_DOME: Final = ((0.752, 0.69), (0.80, 0.706), (0.842, 0.745))
LEFT_WALL: Final = (
    (0.866, 0.80), (0.873, 0.76), (0.87, 0.67), (0.858, 0.56), (0.838, 0.45), (0.81, 0.34), (0.774, 0.24),
    (0.726, 0.16), (0.675, 0.112),
)  # fmt: skip


@dataclass(frozen=True)
class Chest:
    """The outlines, in shares of the film's side, and what stretches them.

    width, height, left, top: how the chest of the plan lies on this film. breath: how far the diaphragm
    stands lower. lungs: the right one first, which is on the film's left.
    """

    width: float
    height: float
    left: float
    top: float
    breath: float
    heart: float
    lungs: tuple[list[Point], list[Point]]

    def at(self, point: Point) -> Point:
        """A point of the plan on this film."""
        x, y = point
        return self.left + self.width * x, self.top + self.height * y

    def along(self, *points: Point, closed: bool = False) -> list[Point]:
        """A smooth curve through points of the plan, on this film."""
        return smooth([self.at(point) for point in points], closed=closed)

    def wall(self, side: int, y: float) -> float:
        """Where the inner wall of the chest stands at a height of the plan; side: 0 right, 1 left."""
        points = sorted((RIGHT_WALL, LEFT_WALL)[side], key=lambda point: point[1])
        return float(np.interp(y, [p[1] for p in points], [p[0] for p in points]))


def chest_of(random: np.random.Generator) -> Chest:
    """The chest that this randomness gives."""
    width, height = random.uniform(1.06, 1.12), random.uniform(1.02, 1.08)
    left = 0.5 - width / 2 + random.uniform(-0.015, 0.015)
    top = random.uniform(-0.01, 0.02)
    breath = random.uniform(-0.035, -0.005)
    heart = random.uniform(-0.022, 0.022)
    bare = Chest(width, height, left, top, breath, heart, ([], []))
    right = [*RIGHT_MIDDLE, *_lower(RIGHT_DOME, breath), *RIGHT_WALL]
    left_middle = [(x + _bulge(y) * heart, y) for x, y in LEFT_MIDDLE]
    left_lung = [*left_middle, *_lower(LEFT_DOME, breath), *LEFT_WALL]
    lungs = (bare.along(*right, closed=True), bare.along(*left_lung, closed=True))
    return Chest(width, height, left, top, breath, heart, lungs)


def _lower(points: tuple[Point, ...], by: float) -> list[Point]:
    return [(x, y + by) for x, y in points]


def _bulge(y: float) -> float:
    """How much of the heart's size shows at this height of its border."""
    return max(0.0, min(1.0, (y - 0.36) / 0.2))

"""Where the marks of a Bland–Altman picture lie, for an SVG that the server writes: no script, no style."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from diagnosis.cnn.agreement import HUMAN_LIMITS, Limits

WIDTH: Final = 360
HEIGHT: Final = 200
SIDE: Final = 12
HIGHEST: Final = 18
SMALLEST_REACH: Final = 7.0  # so that the human limits are on the picture


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    r: float


@dataclass(frozen=True)
class Mark:
    """A number on the picture."""

    x: float
    y: float
    anchor: str
    words: str


@dataclass(frozen=True)
class Picture:
    """Each study at its mean score and the difference; the lines of the limits, and the band of people."""

    dots: list[Dot]
    marks: list[Mark]
    bias: float
    low: float
    high: float
    zero: float
    human_top: float
    human_height: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = SIDE
    right: int = WIDTH - SIDE
    span: int = WIDTH - 2 * SIDE


def draw(points: list[tuple[float, int]], limits: Limits) -> Picture:
    """The picture of differences against means; a larger dot is several studies."""
    reach = max([SMALLEST_REACH, *(abs(value) + 1 for _, value in points), abs(limits.low), abs(limits.high)])

    def across(mean: float) -> float:
        return round(SIDE + (WIDTH - 2 * SIDE) * mean / HIGHEST, 1)

    def up(difference: float) -> float:
        return round(HEIGHT / 2 - (HEIGHT / 2 - SIDE) * difference / reach, 1)

    counted = Counter(points)
    lines = [
        Mark(WIDTH - SIDE, up(value) - 3, "end", f"{value:+.1f}")
        for value in (limits.high, limits.bias, limits.low)
    ]
    scale = [
        Mark(across(score), HEIGHT - 2, anchor, str(score))
        for score, anchor in ((0, "start"), (HIGHEST // 2, "middle"), (HIGHEST, "end"))
    ]
    return Picture(
        dots=[
            Dot(across(mean), up(step), round(2 + min(4.0, count**0.5), 1))
            for (mean, step), count in sorted(counted.items())
        ],
        marks=[*lines, *scale],
        bias=up(limits.bias),
        low=up(limits.low),
        high=up(limits.high),
        zero=up(0),
        human_top=up(HUMAN_LIMITS.high),
        human_height=round(up(HUMAN_LIMITS.low) - up(HUMAN_LIMITS.high), 1),
    )

"""Where the dots of one measure over time lie, for an SVG that the server writes: no script, no style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

WIDTH: Final = 320
HEIGHT: Final = 64
LEFT, RIGHT, TOP, BOTTOM = 12, 52, 10, 8  # room for a dot, and at the right for the newest value


@dataclass(frozen=True)
class Point:
    """A value at a time. `by`: what measured it; a line joins only what the same measured."""

    at: datetime
    value: float
    words: str
    by: str = ""


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Track:
    """The dots in the order of time, and the lines between them."""

    dots: list[Dot]
    lines: list[str]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM

    @property
    def last(self) -> Dot:
        return self.dots[-1]


def draw(points: Sequence[Point], *, since: datetime, until: datetime, highest: float) -> Track:
    """The points, `since` at the left and `until` at the right, 0 at the bottom and `highest` at the top."""
    span = (until - since).total_seconds()

    def across(at: datetime) -> float:
        share = (at - since).total_seconds() / span if span else 0.5
        return round(LEFT + (WIDTH - LEFT - RIGHT) * share, 1)

    def up(value: float) -> float:
        share = min(max(value / highest, 0.0), 1.0)
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1)

    ordered = sorted(points, key=lambda point: point.at)
    dots = [Dot(across(point.at), up(point.value), point.words) for point in ordered]
    lines: list[list[str]] = []
    for place, (point, dot) in enumerate(zip(ordered, dots, strict=True)):
        if not place or point.by != ordered[place - 1].by:
            lines.append([])
        lines[-1].append(f"{dot.x},{dot.y}")
    return Track(dots, [" ".join(line) for line in lines if len(line) > 1])

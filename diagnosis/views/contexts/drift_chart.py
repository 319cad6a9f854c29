"""Where the marks of a control chart lie, for an SVG that the server writes: no script, no style."""

from dataclasses import dataclass
from typing import Any, Final

WIDTH: Final = 320
HEIGHT: Final = 110
SIDE, TOP = 6, 8


@dataclass(frozen=True)
class Line:
    """A period's comparisons as `Comparison.to_json` wrote them: of its own films, and of the longest run."""

    short: dict[str, Any] | None
    long: dict[str, Any] | None
    crosses: bool


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    crosses: bool


@dataclass(frozen=True)
class Chart:
    """A mark a period, in the band of its limits; a line for the longest run, its limits; the centre."""

    marks: list[Mark]
    run: str
    band: str
    run_limits: list[str]
    centre: float
    width: int = WIDTH
    height: int = HEIGHT


def draw(lines: list[Line]) -> Chart:
    """The chart of periods in their order, the latest at the right."""
    bottom, top = _reach(lines)
    step = (WIDTH - 2 * SIDE) / max(1, len(lines))

    def at(place: int) -> float:
        return round(SIDE + (place + 0.5) * step, 1)

    def height(value: float) -> float:
        return round(
            TOP + (HEIGHT - 2 * TOP) * (1 - min(max((value - bottom) / (top - bottom), 0.0), 1.0)), 1
        )

    both = [one for line in lines for one in (line.short, line.long) if one]
    return Chart(
        marks=[
            Mark(at(place), height(line.short["value"]), line.crosses)
            for place, line in enumerate(lines)
            if line.short
        ],
        run=" ".join(
            f"{at(place)},{height(line.long['value'])}" for place, line in enumerate(lines) if line.long
        ),
        band=_band([line.short for line in lines], step, height, top),
        run_limits=[
            _limit([line.long for line in lines], at, height, side, top) for side in ("lower", "upper")
        ],
        centre=height(both[-1]["centre"]) if both else height(0.0),
    )


def _reach(lines: list[Line]) -> tuple[float, float]:
    """The values at the chart's bottom and top: around all values and limits, within 0 and 1."""
    both = [one for line in lines for one in (line.short, line.long) if one]
    seen = [one[name] for one in both for name in ("value", "upper") if one[name] is not None]
    low = [0.0 if one["lower"] is None else min(one["lower"], one["value"]) for one in both]
    top = min(1.0, 1.1 * max(seen, default=1.0)) or 1.0
    return max(0.0, min(low, default=0.0) - 0.1 * top), top


def _band(ones: list[dict[str, Any] | None], step: float, height: Any, top: float) -> str:
    """The area within the limits, each period as wide as its step."""
    above, below = [], []
    for place, one in enumerate(ones):
        if one is None:
            continue
        left, right = round(SIDE + place * step, 1), round(SIDE + (place + 1) * step, 1)
        high = height(top if one["upper"] is None else one["upper"])
        low = height(0.0 if one["lower"] is None else one["lower"])
        above += [f"{left},{high}", f"{right},{high}"]
        below += [f"{left},{low}", f"{right},{low}"]
    return " ".join(above + below[::-1])


def _limit(ones: list[dict[str, Any] | None], at: Any, height: Any, side: str, top: float) -> str:
    points = [(place, one[side]) for place, one in enumerate(ones) if one and one[side] is not None]
    return " ".join(f"{at(place)},{height(min(value, top))}" for place, value in points)

"""Tables and figures as Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any

from research.model_card.figures import Measured

NOTHING = "–"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table and an empty one; a bar inside a cell stays inside it."""
    lines = [_row(header), _row(["---"] * len(header))]
    return [*lines, *map(_row, rows), ""]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def number(value: float | None, *, digits: int = 3) -> str:
    """A figure, or a dash where there is none (None or nan)."""
    return NOTHING if value is None or value != value else f"{value:.{digits}f}"


def interval(figure: Measured | None) -> str:
    """A figure with its 95 % interval."""
    if figure is None:
        return NOTHING
    return f"{figure.value:.3f} [{number(figure.low)}, {number(figure.high)}]"


def ends(value: float | None, between: Sequence[float] | None) -> str:
    """A figure whose interval is a pair."""
    return interval(None if value is None or between is None else Measured(value, *between))


def reported(figure: dict[str, Any]) -> str:
    """A figure of an evaluation's report: value, low, high."""
    return ends(figure["value"], (figure["low"], figure["high"]))


def percent(share: float) -> str:
    """A share 0-1 in per cent."""
    return f"{100 * share:.0f} %"

"""Tables and figures as Markdown, for the pages that the studies write."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

NOTHING: Final = "–"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table and an empty one; a bar inside a cell stays inside it."""
    lines = [_row(header), _row(["---"] * len(header))]
    return [*lines, *map(_row, rows), ""]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(cell, cells)) + " |"


def cell(text: str) -> str:
    """Text that stays inside its cell, whatever it holds."""
    return " ".join(text.split()).replace("|", "\\|")


def number(value: float | None, digits: int = 3) -> str:
    """A figure, or a dash where there is none (None or nan)."""
    return NOTHING if value is None or value != value else f"{value:.{digits}f}"


def interval(figure: Mapping[str, float | None]) -> str:
    """A figure of an evaluation (value, low, high) with its 95 % interval."""
    if figure["value"] is None:
        return NOTHING
    return f"{number(figure['value'])} [{number(figure['low'])}, {number(figure['high'])}]"


def percent(share: float | None) -> str:
    """A share 0-1 in per cent, with a decimal where it is small."""
    if share is None or share != share:
        return NOTHING
    return f"{100 * share:.{1 if 0 < share < 0.0995 else 0}f} %"


def percents(figure: Mapping[str, float | None]) -> str:
    """A share of an evaluation (value, low, high) in per cent, with its 95 % interval."""
    value, low, high = (figure[name] for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return NOTHING
    return f"{100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"

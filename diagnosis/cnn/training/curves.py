"""How a run went: its figures on `val` over time, as a table and as curves."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from diagnosis.cnn.training import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CSV_NAME: Final = "curves.csv"
PICTURE_NAME: Final = "curves.png"

# What a curve may be drawn over, the best first; none of these is a curve itself.
POSITIONS: Final = {"films_seen": "films seen", "step": "step"}
NOT_DRAWN: Final = ("minutes",)
BY_SOURCE: Final = "auroc "
PANELS: Final[dict[str, tuple[str, ...]]] = {
    "loss": ("loss", "nll"),
    "AUROC": ("macro_auroc", "within_source_auroc"),
    "accuracy on val": ("accuracy",),
    "learning rate": ("learning_rate",),
    "side of the films in pixels": ("size",),
}
NAMES: Final = {
    "loss": "training",
    "nll": "val, negative log-likelihood",
    "macro_auroc": "val, macro",
    "within_source_auroc": "val, mean within sources",
}

History = Sequence[Mapping[str, float]]


def write_curves(history: History, folder: Path) -> None:
    """Write curves.csv (a row a look, the columns in the order in which they first appear) and curves.png.

    A figure that is undefined (nan) or missing from a look is an empty cell and a gap. Without a look nothing
    is written. Raises ModuleNotFoundError, in words and after the
    table is written, where matplotlib is not installed.
    """
    if not history:
        return
    folder.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(key for look in history for key in look))
    with (folder / CSV_NAME).open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([_cell(look.get(key, math.nan)) for key in columns] for look in history)
    _draw(history, columns, folder / PICTURE_NAME)


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.8g}"


def _draw(history: History, columns: Sequence[str], path: Path) -> None:
    position = next((key for key in POSITIONS if key in columns), None)
    across = POSITIONS[position] if position else "look"
    at = [look.get(position, math.nan) if position else float(k + 1) for k, look in enumerate(history)]
    measured = [key for key in columns if not all(math.isnan(look.get(key, math.nan)) for look in history)]
    curves = [key for key in measured if key not in (*POSITIONS, *NOT_DRAWN)]
    figure, axes = plots.panels(list(groups := _groups(curves)))
    for panel, (title, keys) in zip(axes, groups.items(), strict=True):
        for number, key in enumerate(keys):
            values = [look.get(key, math.nan) for look in history]
            name = NAMES.get(key, key.removeprefix(BY_SOURCE)) if len(keys) > 1 else "_"
            colour = plots.COLOURS[number % len(plots.COLOURS)]
            panel.plot(at, values, color=colour, linewidth=1.4, marker="o", markersize=2.5, label=name)
        _finish(panel, title, across)
    plots.save(figure, path)


def _groups(curves: Sequence[str]) -> dict[str, list[str]]:
    """Panels by title; a curve that belongs to none gets its own."""
    groups = {title: [key for key in keys if key in curves] for title, keys in PANELS.items()}
    groups["AUROC on val by source"] = [key for key in curves if key.startswith(BY_SOURCE)]
    placed = {key for keys in groups.values() for key in keys}
    groups |= {key: [key] for key in curves if key not in placed}
    return {title: keys for title, keys in groups.items() if keys}


def _finish(panel: "Axes", title: str, across: str) -> None:
    plots.label(panel, across=across)
    plots.legend(panel)
    if title == "learning rate":
        panel.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
        panel.yaxis.get_offset_text().set_fontsize(7.5)

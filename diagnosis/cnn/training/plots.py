"""Small multiples on paper: matplotlib without its global state, for curves of a run and the model card."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which people who cannot tell red from green still tell apart
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#666666")
INK: Final = "#333333"
FAINT: Final = "#D8D8D8"
DOTS_PER_INCH: Final = 110


def figure_class() -> type["Figure"]:
    """matplotlib's figure; ModuleNotFoundError, in words, where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Pictures are drawn by matplotlib, which is not installed: pip install -r requirements.txt",
            name=error.name,
        ) from None
    return Figure


def panels(
    titles: Sequence[str], *, columns: int = 3, width: float = 3.3, height: float = 2.6
) -> tuple["Figure", list["Axes"]]:
    """A figure with one titled panel a title, row by row; width and height of a panel in inches.

    Raises ModuleNotFoundError as `figure_class` does.
    """
    columns = min(columns, len(titles))
    rows = -(-len(titles) // columns)
    size = (width * columns, height * rows)
    figure = figure_class()(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
    axes = []
    for number, title in enumerate(titles):
        panel = figure.add_subplot(rows, columns, number + 1)
        panel.set_title(title, fontsize=9, color=INK, loc="left")
        panel.tick_params(labelsize=7.5, colors=INK, length=2)
        panel.spines[["top", "right"]].set_visible(False)
        panel.spines[["left", "bottom"]].set_color(FAINT)
        axes.append(panel)
    return figure, axes


def label(panel: "Axes", *, across: str = "", up: str = "", grid: bool = True) -> None:
    """Name a panel's axes; faint lines help the eye across."""
    panel.set_xlabel(across, fontsize=8, color=INK)
    panel.set_ylabel(up, fontsize=8, color=INK)
    if grid:
        panel.grid(True, color=FAINT, linewidth=0.5)
        panel.set_axisbelow(True)


def legend(panel: "Axes") -> None:
    """Name the lines of a panel that have a name."""
    if panel.get_legend_handles_labels()[1]:
        panel.legend(fontsize=7, frameon=False, loc="best", handlelength=1.2)


def save(figure: "Figure", path: Path) -> Path:
    """Write a PNG, the same bytes for the same figure; makes the folder. Returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", metadata={"Software": None})
    return path

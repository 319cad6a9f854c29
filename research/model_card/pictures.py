"""The model card's four pictures: numbers and means of many films, never a film."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.evaluation.calibration import p_abnormal
from diagnosis.cnn.evaluation.metrics import auroc, wilson_interval
from diagnosis.cnn.evaluation.report import Evaluation
from diagnosis.cnn.findings import NAMES
from diagnosis.cnn.training import plots
from research.model_card.figures import ALL, both_sides, labels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS: Final = 15


def draw_roc(evaluation: Evaluation, points: Mapping[str, dict[str, float]], path: Path) -> Path:
    """ROC curves of abnormal against normal, pooled and of every source that has both; the card's thresholds
    stand on each as dots."""
    figure, (panel,) = plots.panels(["abnormal against normal, by source"], width=5.2, height=4.8)
    panel.plot([0, 1], [0, 1], color=plots.FAINT, linewidth=0.8)
    scores, abnormal = p_abnormal(evaluation.probabilities, labels_of(evaluation))
    for number, (name, part) in enumerate(both_sides(evaluation).items()):
        limits = np.append(np.inf, np.unique(scores[part])[::-1])
        label = f"{name}, n = {part.sum()}: {auroc(scores[part], abnormal[part]):.3f}"
        colour = plots.COLOURS[number % len(plots.COLOURS)]
        panel.plot(*_rates(scores[part], abnormal[part], limits), color=colour, linewidth=1.4, label=label)
        at = np.array([point["threshold"] for point in points.values()])
        panel.plot(*_rates(scores[part], abnormal[part], at), "o", color=colour, markersize=5)
    panel.set_aspect("equal")
    plots.label(panel, across="1 − specificity", up="sensitivity")
    plots.legend(panel)
    return plots.save(figure, path)


def _rates(
    scores: NDArray[np.floating], abnormal: NDArray[np.bool_], limits: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Share of normal films, and of abnormal ones, that reach each limit."""
    found = scores[:, None] >= limits
    return found[~abnormal].mean(axis=0), found[abnormal].mean(axis=0)


def draw_confusion(evaluation: Evaluation, path: Path) -> Path:
    """True against likeliest class, of all films and of each source that has abnormal and normal ones; shades
    are shares of a row."""
    report = evaluation.report
    parts = {ALL: report["pooled"]} | {
        name: part for name, part in report["sources"].items() if name in both_sides(evaluation)
    }
    titles = [f"{name} (n = {part['n']})" for name, part in parts.items()]
    figure, axes = plots.panels(titles, columns=4, width=2.5, height=2.5)
    names = [NAMES[finding] for finding in report["findings"]]
    for place, (panel, part) in enumerate(zip(axes, parts.values(), strict=True)):
        counts = np.array(part["confusion"])
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(counts):
            if not counts[row].any():
                continue  # the part has no film of this class
            dark = shares[row, column] > 0.5
            panel.text(
                column, row, str(count),
                ha="center", va="center", fontsize=8, color="white" if dark else plots.INK,
            )  # fmt: skip
        panel.set_xticks(range(len(names)), names, fontsize=7)
        panel.set_yticks(range(len(names)), names, fontsize=7, rotation=90, va="center")
        panel.spines[:].set_visible(False)
        plots.label(panel, across="likeliest class", up="true class" if place % 4 == 0 else "", grid=False)
    return plots.save(figure, path)


def draw_reliability(evaluation: Evaluation, decided: tuple[float, float] | None, path: Path) -> Path:
    """How often a film is abnormal when the network says how likely that is (bars are 95 % intervals), and
    the error of what it decides, the surest first; decided: share and error outside the unsure band."""
    scores, abnormal = p_abnormal(evaluation.probabilities, labels_of(evaluation))
    figure, (left, right) = plots.panels(
        ["does 70 % mean 70 %?", "if it decides only the surest films"], width=4.0, height=3.6
    )
    left.plot([0, 1], [0, 1], color=plots.FAINT, linewidth=0.8)
    counts, said, shares = (np.array(column) for column in zip(*reliability(scores, abnormal), strict=True))
    low, high = wilson_interval(shares, counts)
    left.errorbar(
        said, shares, yerr=np.maximum([shares - low, high - shares], 0),
        fmt="none", ecolor=plots.COLOURS[0], elinewidth=0.8,
    )  # fmt: skip
    left.scatter(said, shares, s=8 + 160 * counts / counts.sum(), color=plots.COLOURS[0], zorder=3)
    left.set_xlim(0, 1.02)
    left.set_ylim(0, 1.04)
    plots.label(left, across="probability of an abnormal film (area: films)", up="share that is abnormal")
    _risk(right, scores, abnormal, decided)
    return plots.save(figure, path)


def _risk(
    panel: "Axes",
    scores: NDArray[np.floating],
    abnormal: NDArray[np.bool_],
    decided: tuple[float, float] | None,
) -> None:
    wrong = ((scores >= 0.5) != abnormal)[np.argsort(-np.abs(scores - 0.5), kind="stable")]
    films = np.arange(1, len(wrong) + 1)
    panel.plot(films / len(wrong), np.cumsum(wrong) / films, color=plots.COLOURS[0], linewidth=1.4)
    if decided:
        panel.plot(*decided, "o", color=plots.COLOURS[1], label="with the unsure band of the card")
    panel.set_xlim(0, 1.02)
    panel.set_ylim(bottom=0)
    plots.label(panel, across="share of films decided", up="share of these that are wrong")
    plots.legend(panel)


def reliability(
    confidence: NDArray[np.floating], true: NDArray[np.bool_], *, bins: int = BINS
) -> list[tuple[int, float, float]]:
    """By bin of confidence: films, their mean confidence, share that was true.

    Equally wide bins, as many as the calibration error counts; empty ones are left out.
    """
    place = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    return [
        (int(here.sum()), float(confidence[here].mean()), float(true[here].mean()))
        for here in (place == k for k in range(bins))
        if here.any()
    ]


def draw_maps(
    maps: Mapping[str, NDArray[np.floating]], outline: Sequence[NDArray[np.floating]], path: Path
) -> Path:
    """Activation maps (h, w), 0-1, by title, a square for each place that the network tells apart, under the
    outline of a drawn chest.

    Each map has its own scale, black to the peak that stands in its title, since those of normal films are
    faint and would show nothing on a common one.
    """
    titles = [f"{title}, peak {float(values.max()):.2f}" for title, values in maps.items()]
    figure, axes = plots.panels(titles, columns=4, width=2.0, height=2.4)
    for panel, values in zip(axes, maps.values(), strict=True):
        panel.imshow(values, cmap="inferno", vmin=0, vmax=max(float(values.max()), 1e-6), extent=(0, 1, 1, 0))
        for lung in outline:
            panel.plot(lung[:, 0], lung[:, 1], color="white", linewidth=1.0)
        panel.set_xlim(0, 1)
        panel.set_ylim(1, 0)
        panel.set_xticks([])
        panel.set_yticks([])
    return plots.save(figure, path)

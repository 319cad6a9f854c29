"""The model card's pictures: numbers and means of many films, never a film."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.evaluation.calibration import p_abnormal
from diagnosis.cnn.evaluation.metrics import auroc, confusion_matrix
from diagnosis.cnn.training import plots
from research.model_card.figures import LEAST_FILMS, Answered, Figures, names_of, reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_confusion(answered: Answered, path: Path) -> Path:
    """True against likeliest class, of all films and of each source; shades are shares of a row."""
    sources = sorted({film.source for film in answered.films})
    parts = {f"all films (n = {len(answered.films)})": answered}
    for source in sources:
        part = answered.only(np.array([film.source == source for film in answered.films]))
        parts[f"{source} (n = {len(part.films)})"] = part
    figure, axes = plots.panels(list(parts), columns=4, width=2.7, height=2.6)
    names = names_of(answered.findings)
    for number, (panel, part) in enumerate(zip(axes, parts.values(), strict=True)):
        counts = confusion_matrix(part.probabilities, part.labels)
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
        plots.label(panel, across="likeliest class", up="true class" if number % 4 == 0 else "", grid=False)
    return plots.save(figure, path)


def draw_roc(answered: Answered, sources: Mapping[str, Figures], path: Path) -> Path:
    """ROC curves: abnormal against normal, pooled and in every source that has both, and class by class."""
    figure, (left, right) = plots.panels(
        ["abnormal against normal", "each class against the rest, all films"], width=4.6, height=4.2
    )
    scores, abnormal = p_abnormal(answered.probabilities, answered.labels)
    curves = {f"all films, n = {len(scores)}": (scores, abnormal)}
    for source, figures in sources.items():
        here = np.array([film.source == source for film in answered.films])
        if min(abnormal[here].sum(), (~abnormal[here]).sum()) >= LEAST_FILMS:
            curves[f"{source}, n = {figures.n}"] = (scores[here], abnormal[here])
    _roc(left, curves)
    labels = answered.labels
    by_class = {
        f"{name}, {int(np.sum(labels == k))} of {len(labels)}": (answered.probabilities[:, k], labels == k)
        for k, name in enumerate(names_of(answered.findings))
    }
    _roc(right, by_class)
    return plots.save(figure, path)


def _roc(panel: "Axes", curves: Mapping[str, tuple[NDArray[np.floating], NDArray[np.bool_]]]) -> None:
    panel.plot([0, 1], [0, 1], color=plots.FAINT, linewidth=0.8)
    for number, (name, (scores, positive)) in enumerate(curves.items()):
        if positive.all() or not positive.any():
            continue
        order = np.argsort(-scores, kind="stable")
        last_of_equals = np.append(np.diff(scores[order]) != 0, True)
        hits = np.cumsum(positive[order])[last_of_equals] / positive.sum()
        alarms = np.cumsum(~positive[order])[last_of_equals] / (~positive).sum()
        panel.plot(
            np.append(0, alarms), np.append(0, hits), linewidth=1.4,
            color=plots.COLOURS[number % len(plots.COLOURS)],
            label=f"{name}: {auroc(scores, positive):.3f}",
        )  # fmt: skip
    panel.set_aspect("equal")
    plots.label(panel, across="1 − specificity", up="sensitivity")
    plots.legend(panel)


def draw_reliability(answered: Answered, path: Path) -> Path:
    """How often the network is right when it says how sure it is; bars are 95 % intervals of a share."""
    scores, abnormal = p_abnormal(answered.probabilities, answered.labels)
    right = answered.probabilities.argmax(axis=1) == answered.labels
    figure, axes = plots.panels(
        ["confidence in the likeliest class", "probability of an abnormal film"], width=4.4, height=4.0
    )
    said = ((answered.probabilities.max(axis=1), right, "share right"), (scores, abnormal, "share abnormal"))
    for panel, (confidence, true, up) in zip(axes, said, strict=True):
        rows = reliability(confidence, true)
        panel.plot([0, 1], [0, 1], color=plots.FAINT, linewidth=0.8)
        at, shares, counts = (np.array([row[k] for row in rows]) for k in (3, 4, 2))
        low, high = _wilson(shares, counts)
        panel.errorbar(
            at, shares, yerr=np.maximum([shares - low, high - shares], 0),
            fmt="none", ecolor=plots.COLOURS[0], elinewidth=0.8,
        )  # fmt: skip
        panel.scatter(at, shares, s=8 + 160 * counts / counts.sum(), color=plots.COLOURS[0], zorder=3)
        panel.set_xlim(0, 1.02)
        panel.set_ylim(0, 1.04)
        plots.label(panel, across="what the network says (area: number of films)", up=up)
    return plots.save(figure, path)


def _wilson(shares: NDArray[np.floating], counts: NDArray[np.integer]) -> tuple[Any, Any]:
    """95 % interval of a share of n films (Wilson 1927)."""
    z = 1.96
    centre = (shares + z * z / (2 * counts)) / (1 + z * z / counts)
    half = z * np.sqrt(shares * (1 - shares) / counts + z * z / (4 * counts**2)) / (1 + z * z / counts)
    return centre - half, centre + half


def draw_risk_coverage(answered: Answered, pooled: Figures, path: Path) -> Path:
    """Error against the share of films that the network decides, the surest first, and where the unsure band
    lies on it."""
    scores, abnormal = p_abnormal(answered.probabilities, answered.labels)
    wrong = ((scores >= 0.5) != abnormal)[np.argsort(-np.abs(scores - 0.5), kind="stable")]
    decided = np.arange(1, len(wrong) + 1)
    figure, (panel,) = plots.panels(["abnormal or normal: error of what is decided"], width=5.2, height=3.4)
    panel.plot(decided / len(wrong), np.cumsum(wrong) / decided, color=plots.COLOURS[0], linewidth=1.4)
    if pooled.decided and pooled.wrong_decided:
        panel.plot(
            pooled.decided.value, pooled.wrong_decided.value, marker="o", linestyle="none",
            color=plots.COLOURS[1], label="unsure band of the card",
        )  # fmt: skip
    panel.set_xlim(0, 1.02)
    panel.set_ylim(bottom=0)
    plots.label(panel, across="share of films decided", up="share of these that are wrong")
    plots.legend(panel)
    return plots.save(figure, path)


def draw_maps(
    maps: Mapping[str, NDArray[np.floating]],
    outline: Sequence[NDArray[np.floating]],
    path: Path,
    *,
    smooth: bool,
) -> Path:
    """Activation maps (h, w), 0-1, by title, under the outline of a drawn chest.

    Each map has its own scale, black to the peak that stands in its title, since those of normal films are
    faint and would show nothing on a common one. smooth: blend between the map's cells, or show them bare.
    """
    titles = [f"{title}\npeak {float(values.max()):.2f}" for title, values in maps.items()]
    figure, axes = plots.panels(titles, columns=4, width=2.5, height=2.9)
    for panel, values in zip(axes, maps.values(), strict=True):
        panel.imshow(
            values, cmap="inferno", vmin=0, vmax=max(float(values.max()), 1e-6), extent=(0, 1, 1, 0),
            interpolation="bicubic" if smooth else "nearest",
        )  # fmt: skip
        for lung in outline:
            panel.plot(lung[:, 0], lung[:, 1], color="white", linewidth=1.0)
        panel.set_xlim(0, 1)
        panel.set_ylim(1, 0)
        panel.set_xticks([])
        panel.set_yticks([])
    return plots.save(figure, path)

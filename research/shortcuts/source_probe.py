"""How well the source of a film can be read from what a network makes of it, and from its label alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score

from diagnosis.cnn.evaluation.report import Figure
from research.shortcuts.linear_probe import fit_probe

READ_FROM: Final = ("pooled", "gate", "probabilities", "label")
ALL_FILMS: Final = "all_films"
FEW_FILMS: Final = 20
NOTHING: Final[Figure] = {"value": None, "low": None, "high": None}


@dataclass(frozen=True)
class Side:
    """Films to fit a probe on, or to judge it by. sources, groups: (n,); labels: (n,), positions in the
    bundle's findings; features: by each name of READ_FROM, (n, d)."""

    sources: NDArray[np.str_]
    groups: NDArray[np.str_]
    labels: NDArray[np.int64]
    features: dict[str, NDArray[np.floating]]

    def where(self, chosen: NDArray[np.bool_]) -> "Side":
        """The chosen films alone."""
        features = {name: values[chosen] for name, values in self.features.items()}
        return Side(self.sources[chosen], self.groups[chosen], self.labels[chosen], features)


def source_probe(fitted: Side, judged: Side, findings: Sequence[str], resamples: int) -> dict[str, Any]:
    """How well the source can be read, as JSON values.

    balanced_accuracy: from each of READ_FROM, on all films and, by probes of their own, within each class,
    beside chance. by_source: how many of a source's films are read right from the pooled features. notes:
    what limits the figures. Figures are None where fewer than two sources have films on both sides.
    """
    everything, by_source = _read(fitted, judged, resamples)
    rows = {ALL_FILMS: everything}
    for k, finding in enumerate(findings):
        rows[finding], _ = _read(
            fitted.where(fitted.labels == k), judged.where(judged.labels == k), resamples
        )
    return {"balanced_accuracy": rows, "by_source": by_source, "notes": _notes(fitted, judged, by_source)}


def _read(fitted: Side, judged: Side, resamples: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of one part of the films, and those by source."""
    names = sorted(set(fitted.sources.tolist()) & set(judged.sources.tolist()))
    if len(names) < 2:
        return {"sources": len(names), "films": 0, "chance": None} | dict.fromkeys(READ_FROM, NOTHING), {}
    fitted, judged = (side.where(np.isin(side.sources, names)) for side in (fitted, judged))
    own, truth = (np.searchsorted(names, side.sources) for side in (fitted, judged))
    said = {
        name: fit_probe(fitted.features[name], own, len(names)).predict(judged.features[name])
        for name in READ_FROM
    }
    figures = {name: _balanced_accuracy(said[name], truth, judged.groups, resamples) for name in READ_FROM}
    by_source = {
        source: {
            "films_fitted": int(np.sum(own == k)),
            "films_judged": int(np.sum(truth == k)),
            "read_right": float(np.mean(said["pooled"][truth == k] == k)),
        }
        for k, source in enumerate(names)
    }
    return {"sources": len(names), "films": len(truth), "chance": 1 / len(names)} | figures, by_source


def _balanced_accuracy(
    said: NDArray[np.int64], truth: NDArray[np.int64], groups: NDArray[np.str_], resamples: int
) -> Figure:
    """With its 95 % percentile interval (Efron 1979), patients drawn anew within each source: the sources
    are given, and in a draw without the films of a small one there would be nothing to average."""
    random = np.random.default_rng(0)
    names = np.unique(truth)
    total = np.zeros(resamples)
    for name in names:
        own = truth == name
        _, patient = np.unique(groups[own], return_inverse=True)
        films, right = np.bincount(patient), np.bincount(patient, weights=said[own] == name)
        drawn = random.integers(0, len(films), (resamples, len(films)))
        total += right[drawn].sum(axis=1) / films[drawn].sum(axis=1)
    low, high = np.percentile(total / len(names), (2.5, 97.5))
    value = float(balanced_accuracy_score(truth, said))
    return {"value": value, "low": float(low), "high": float(high)}


def _notes(fitted: Side, judged: Side, by_source: dict[str, Any]) -> list[str]:
    if not by_source:
        return ["Fewer than two sources have films to fit the probe on and to judge it by: no source probe."]
    strange = sorted(set(judged.sources.tolist()) - set(by_source))
    notes = [f"No film of {', '.join(strange)} to fit on: the probe leaves it out."] if strange else []
    few = [
        f"{name} ({row['films_judged']})"
        for name, row in by_source.items()
        if row["films_judged"] < FEW_FILMS
    ]
    if few:
        notes.append(f"Each source weighs the same, those with few films too: {', '.join(few)}.")
    return notes

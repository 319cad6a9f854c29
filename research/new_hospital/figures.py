"""From answers to figures: what is called what in each source, and what a change does to the answers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.decision import triage
from diagnosis.cnn.evaluation import metrics
from diagnosis.cnn.evaluation.report import Figure, abnormal_auroc, with_interval
from research.new_hospital.answers import AS_IT_IS
from research.new_hospital.films import JudgedFilm
from research.new_hospital.intervals import NO_FIGURE, share

Floats = NDArray[np.floating]
Band = tuple[float, float]

TRIAGE = ("pathological", "unsure", "normal")


def decisions(probabilities: Floats, band: Band) -> NDArray[np.str_]:
    """The triage of each film, (n,), from probabilities (n, classes), "normal" the last class."""
    return np.array([triage(1.0 - float(p), band) for p in probabilities[:, -1]], dtype=str)


def rows_of_source(
    source: str, films: Sequence[JudgedFilm], probabilities: Floats, band: Band
) -> list[dict[str, Any]]:
    """A row for each of normal, abnormal and other films of a source that has them: how many, and the shares
    called pathological, unsure and normal at the limits, and with p_abnormal at 0.5 or above."""
    said, over = decisions(probabilities, band), 1.0 - probabilities[:, -1] >= 0.5
    rows = []
    for truth in ("normal", "abnormal", "other"):
        own = np.array([each.truth == truth for each in films], dtype=bool)
        if not own.any():
            continue
        patients = [each.patient for each in films if each.truth == truth]
        row: dict[str, Any] = {"source": source, "truth": truth, "films": len(patients)}
        row["labels"] = sorted({each.film.label for each in films if each.truth == truth})
        row["patients"] = len(set(patients))
        row |= {name: share(said[own] == name, patients) for name in TRIAGE}
        rows.append(row | {"above_half": share(over[own], patients)})
    return rows


def auroc_of_source(films: Sequence[JudgedFilm], probabilities: Floats, resamples: int) -> Figure:
    """AUROC of abnormal against normal films of a source, without those labelled other; undefined where a
    side is empty."""
    known = np.array([each.index >= 0 for each in films], dtype=bool)
    labels, patients = _truth(films)
    return with_interval(abnormal_auroc, probabilities[known], labels[known], patients[known], resamples)


def rows_of_changes(
    films: Sequence[JudgedFilm], answers: Mapping[str, Floats], band: Band, resamples: int
) -> dict[str, dict[str, Any]]:
    """A row for each change, the film as it is first: how many answers and decisions are turned over, and
    how good the answers are.

    answers: probabilities (n, classes) by change, nan rows for films that a change could not be made of.
    """
    plain, (labels, patients) = answers[AS_IT_IS], _truth(films)
    rows = {}
    for name, changed in answers.items():
        made = ~np.isnan(changed[:, 0])
        row = _row_of_change(plain[made], changed[made], labels[made], patients[made], band, resamples)
        rows[name] = row
    return rows


def _row_of_change(
    plain: Floats,
    changed: Floats,
    labels: NDArray[np.int64],
    patients: NDArray[np.str_],
    band: Band,
    resamples: int,
) -> dict[str, Any]:
    before, after = decisions(plain, band), decisions(changed, band)
    turned = (plain[:, -1] <= 0.5) != (changed[:, -1] <= 0.5)
    decided = (before != after) & (before != "unsure") & (after != "unsure")
    everyone = patients.tolist()
    row: dict[str, Any] = {
        "films": len(plain),
        "answers_turned": share(turned, everyone),
        "decisions_turned": share(decided, everyone),
        "decided": share(after != "unsure", everyone),
        "shift": float(np.mean(plain[:, -1] - changed[:, -1])) if len(plain) else None,
    }
    for name, figure in (
        ("auroc_abnormal", abnormal_auroc),
        ("macro_auroc", metrics.macro_auroc),
    ):
        row[name] = with_interval(figure, changed, labels, patients, resamples)
    return row | {"ece": calibration_error(changed, labels, patients, resamples)}


def calibration_error(
    probabilities: Floats, labels: NDArray[np.int64], patients: NDArray[np.str_], resamples: int
) -> Figure:
    """The expected calibration error with a 95 % interval, its resamples' bias taken off.

    A gap of confidence and accuracy counts the same in both directions, so chance alone makes it larger: of
    resamples it is larger on average than of the films themselves, and may never be as small.
    """
    if not len(labels):
        return dict(NO_FIGURE)
    drawn = list[float]()

    def figure(chosen: Floats, truth: NDArray[np.int64]) -> float:
        drawn.append(metrics.expected_calibration_error(chosen, truth))
        return drawn[-1]

    found = with_interval(figure, probabilities, labels, patients, resamples)
    value, low, high = found["value"], found["low"], found["high"]
    if value is None or low is None or high is None:
        return found
    bias = float(np.mean(drawn[1:])) - value
    return {"value": value, "low": max(0.0, low - bias), "high": high - bias}


def _truth(films: Sequence[JudgedFilm]) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """Class (n,) and patient (n,) of films."""
    labels = np.array([each.index for each in films], dtype=np.int64)
    return labels, np.array([each.patient for each in films], dtype=str)

"""Figures of a bundle on any manifest, pooled and source by source, with intervals."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.bundle import Bundle
from diagnosis.cnn.evaluation import metrics
from diagnosis.cnn.evaluation.calibration import p_abnormal
from diagnosis.cnn.evaluation.looks import looks_figures
from diagnosis.cnn.evaluation.manifest import Film, Manifest, ManifestError, film_problems
from diagnosis.cnn.evaluation.prediction import Answers, answer_films
from diagnosis.cnn.findings import FINDINGS, NAMES
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.quality import FilmGate, distance_to_films

RESAMPLES: Final = 1000
CSV_COLUMNS: Final = ("file", "label", "source", *(f"p_{finding}" for finding in FINDINGS))

Figure = dict[str, float | None]


@dataclass(frozen=True)
class Evaluation:
    """The figures, as JSON values, and the films and probabilities they were computed from."""

    report: dict[str, Any]
    films: tuple[Film, ...]
    probabilities: NDArray[np.float32]


def evaluate(
    bundle: Bundle,
    manifest: Manifest,
    *,
    split: str | None = None,
    processes: int | None = None,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Run the films of a manifest (or of one split) through the bundle's graph and compute every figure.

    Films of a class that the bundle was not made for are left out and counted. Raises ManifestError naming
    every missing or unreadable file and every unknown label.
    """
    films, outside = films_of_task(bundle, manifest, split)
    problems = film_problems(manifest, films)
    if problems:
        raise ManifestError(problems)
    parameters = PreprocessingParameters.from_card(bundle.card["preprocessing"])
    paths = [manifest.path(film) for film in films]
    answers = answer_films(
        bundle.graph, parameters, paths, lungs=bundle.lungs, processes=processes, looks=True
    )
    if answers.problems:
        raise ManifestError([f"{films[k].file}: {why}" for k, why in sorted(answers.problems.items())])
    report = figures_of(answers.probabilities, films, bundle.card, resamples=resamples)
    report |= gated(answers, FilmGate.of(bundle.reference, bundle.card["film_gate"]))
    report["looks"] = looks_figures(answers.looks, bundle.card)
    report["bundle"] = {"name": bundle.name, "version": bundle.version, "checksum": bundle.checksum}
    report["data"] = {
        "split": split,
        "films": len(films),
        "fingerprint": manifest.fingerprint(),
        "rows_without_label": manifest.unlabelled,
        "outside_task": outside,
    }
    return Evaluation(report, films, answers.probabilities)


def films_of_task(bundle: Bundle, manifest: Manifest, split: str | None) -> tuple[tuple[Film, ...], int]:
    """The films to look at, and how many others have a label that the bundle does not know.

    Raises ManifestError where none is left.
    """
    known = manifest.for_task(bundle.findings)
    named = manifest.of_split(split) if split else manifest.films
    films = known.of_split(split) if split else known.films
    if not named:
        raise ManifestError([f"the manifest has no labelled film in the split {split!r}"])
    if not films:
        names = " or ".join(NAMES[finding] for finding in bundle.findings)
        raise ManifestError([f"none of the {len(named)} films is labelled {names}, which the network knows"])
    return films, len(named) - len(films)


def gated(answers: Answers, gate: FilmGate) -> dict[str, int]:
    """How many films the film gate would refuse, and how many others it would leave to a person as unlike the
    training films. All of them are in the figures nevertheless."""
    distances = distance_to_films(answers.gate, gate.films)
    refused = int(np.sum(distances > gate.threshold))
    return {"refused_by_film_gate": refused, "unfamiliar": int(np.sum(distances > gate.familiar)) - refused}


def figures_of(
    probabilities: NDArray[np.floating], films: Sequence[Film], card: dict[str, Any], *, resamples: int
) -> dict[str, Any]:
    """All figures pooled ("pooled") and by source ("sources": {name: figures}).

    probabilities: (n, classes) in the order of the card's findings, "normal" last.
    """
    findings = tuple(card["findings"])
    labels = np.array([findings.index(film.label) for film in films])
    groups = np.array([film.group or film.file for film in films])
    sources = np.array([film.source for film in films])

    def part(chosen: NDArray[np.bool_]) -> dict[str, Any]:
        return _figures(probabilities[chosen], labels[chosen], groups[chosen], card, resamples=resamples)

    return {
        "findings": list(findings),
        "pooled": part(np.ones(len(labels), dtype=bool)),
        "sources": {name: part(sources == name) for name in sorted(set(sources.tolist()))},
    }


def _figures(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.int64],
    groups: NDArray[np.str_],
    card: dict[str, Any],
    *,
    resamples: int,
) -> dict[str, Any]:
    def interval(figure: Callable[[Any, Any], float], chosen: Any = slice(None)) -> Figure:
        return with_interval(figure, probabilities[chosen], labels[chosen], groups[chosen], resamples)

    findings = card["findings"]
    normal = len(findings) - 1
    present = [finding for k, finding in enumerate(findings) if (labels == k).any()]
    return {
        "n": len(labels),
        "films": {finding: int(np.sum(labels == k)) for k, finding in enumerate(findings)},
        "accuracy": interval(metrics.accuracy),
        "macro_auroc": interval(metrics.macro_auroc),
        "auroc": {finding: interval(_one_auroc(k)) for k, finding in enumerate(findings)},
        "auroc_abnormal": interval(abnormal_auroc),
        "auroc_pairs": {
            f"{finding} v. normal": interval(_pair_auroc(k), (labels == k) | (labels == normal))
            for k, finding in enumerate(findings[:-1])
            if {finding, "normal"} <= set(present)
        },
        "sensitivity_specificity": {
            finding: _sensitivity_specificity(probabilities, labels, k) for k, finding in enumerate(findings)
        },
        "operating_points": _at_operating_points(probabilities, labels, card),
        "ece": metrics.expected_calibration_error(probabilities, labels),
        "confusion": metrics.confusion_matrix(probabilities, labels).tolist(),
        "notes": _notes(present, findings),
    }


def with_interval(
    figure: Callable[[Any, Any], float],
    probabilities: NDArray[np.floating],
    labels: NDArray[np.int64],
    groups: NDArray[np.str_],
    resamples: int,
) -> Figure:
    """A figure of answers (n, ...) and labels (n,) as `value` with a 95 % interval `low` to `high`, drawn by
    whole groups (n,); all three None where the figure is undefined."""
    value = figure(probabilities, labels)
    if np.isnan(value):
        return {"value": None, "low": None, "high": None}
    low, high = metrics.bootstrap_interval(
        lambda rows: figure(probabilities[rows], labels[rows]), groups.tolist(), resamples=resamples
    )
    return {"value": value, "low": low, "high": high}


def _one_auroc(k: int) -> Callable[[Any, Any], float]:
    return lambda probabilities, labels: metrics.auroc(probabilities[:, k], labels == k)


def _pair_auroc(k: int) -> Callable[[Any, Any], float]:
    """Of one class against normal, whatever the network says of a third."""
    return lambda probabilities, labels: metrics.auroc(
        metrics.share_of_pair(probabilities[:, k], probabilities[:, -1]), labels == k
    )


def abnormal_auroc(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """AUROC of any finding against normal, the last of the classes; nan where one side has no film."""
    return metrics.auroc(1.0 - probabilities[:, -1], labels != probabilities.shape[1] - 1)


def _notes(present: list[str], findings: Sequence[str]) -> list[str]:
    missing = [NAMES[finding] for finding in findings if finding not in present]
    if not missing:
        return []
    if len(present) == 1:
        return [f"only {NAMES[present[0]]} films: AUROC and specificity or sensitivity need both sides"]
    return [f"no {' and no '.join(missing)} film: no AUROC for it, and no macro AUROC"]


def _share(hits: NDArray[np.bool_]) -> float | None:
    return float(np.mean(hits)) if len(hits) else None


def _sensitivity_specificity(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], k: int
) -> dict[str, float | None]:
    """Of one class, called where it is likeliest; and its sensitivity at 95 % specificity on these films."""
    chosen, true = probabilities.argmax(axis=1) == k, labels == k
    at_95 = metrics.sensitivity_at_specificity(probabilities[:, k], true, specificity=0.95)
    return {
        "sensitivity": _share(chosen[true]),
        "specificity": _share(~chosen[~true]),
        "sensitivity_at_specificity_95": None if np.isnan(at_95) else at_95,
    }


def _at_operating_points(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], card: dict[str, Any]
) -> dict[str, Any]:
    """Abnormal against normal at the card's thresholds, and what the triage does."""
    scores, abnormal = p_abnormal(probabilities, labels)
    points: dict[str, Any] = {
        name: {
            "threshold": point["threshold"],
            "sensitivity": _share(scores[abnormal] >= point["threshold"]),
            "specificity": _share(scores[~abnormal] < point["threshold"]),
        }
        for name, point in card["operating_points"].items()
    }
    lower, upper = card["unsure_band"]["lower"], card["unsure_band"]["upper"]
    points["triage"] = {
        "unsure": _share((scores >= lower) & (scores < upper)),
        "abnormal_called_normal": _share(scores[abnormal] < lower),
        "normal_called_pathological": _share(scores[~abnormal] >= upper),
    }
    return points


def write_predictions(evaluation: Evaluation, path: Path) -> None:
    """CSV with exactly file, label, source, p_covid19, p_pneumonia, p_normal, a row a film.

    The cell of a class that the bundle does not know is empty.
    """
    findings = evaluation.report["findings"]
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(CSV_COLUMNS)
        for film, row in zip(evaluation.films, evaluation.probabilities, strict=True):
            said = {finding: f"{value:.7g}" for finding, value in zip(findings, row, strict=True)}
            writer.writerow([film.file, film.label, film.source, *(said.get(name, "") for name in FINDINGS)])

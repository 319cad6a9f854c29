"""What the model card says beyond an evaluation's own figures: groups, thresholds, calibration, mistakes."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diagnosis.cnn.evaluation import metrics
from diagnosis.cnn.evaluation.calibration import p_abnormal
from diagnosis.cnn.evaluation.manifest import SPLITS, Film
from diagnosis.cnn.evaluation.report import Evaluation, figures_of, with_interval

LEAST_FILMS: Final = 5  # on each side of a figure: fewer say nothing
LEAST_TO_NAME: Final = 20  # of a class in a source, before the card names it for its mistakes
LEAST_FOR_ECE: Final = 100  # the calibration error of few films is mostly chance
UNKNOWN: Final = "unknown"
ALL: Final = "all films"


def sex_of(film: Film) -> str:
    """ "female", "male" or "unknown"."""
    return {"f": "female", "m": "male"}.get(film.sex[:1].casefold(), UNKNOWN)


def projection_of(film: Film) -> str:
    """ "PA", "AP" (lying ones too), "unknown", or what the source wrote."""
    word = (film.view.upper().split() or [UNKNOWN])[0]
    return word if word in ("PA", "AP") else film.view or UNKNOWN


GROUPS: Final[dict[str, Callable[[Film], str]]] = {
    "age": lambda film: film.age_group or UNKNOWN,
    "sex": sex_of,
    "projection": projection_of,
}


def labels_of(evaluation: Evaluation) -> NDArray[np.int64]:
    """Positions of the true classes (n,)."""
    findings = evaluation.report["findings"]
    return np.array([findings.index(film.label) for film in evaluation.films], dtype=np.int64)


def parts_of(evaluation: Evaluation) -> dict[str, NDArray[np.bool_]]:
    """Which films belong to all of them and to each source, as masks (n,)."""
    sources = np.array([film.source for film in evaluation.films])
    return {ALL: np.full(len(sources), True)} | {
        name: sources == name for name in np.unique(sources).tolist()
    }


def both_sides(evaluation: Evaluation) -> dict[str, NDArray[np.bool_]]:
    """Those of `parts_of` that have LEAST_FILMS abnormal films and as many normal ones."""
    abnormal = labels_of(evaluation) != len(evaluation.report["findings"]) - 1
    return {
        name: part
        for name, part in parts_of(evaluation).items()
        if min(abnormal[part].sum(), (~abnormal[part]).sum()) >= LEAST_FILMS
    }


def patients_of(films: Sequence[Film]) -> NDArray[np.str_]:
    """The patient of each film; a film of whom nobody is known is its own."""
    return np.array([film.group or film.file for film in films])


def groups_of(
    evaluation: Evaluation, card: dict[str, Any], *, resamples: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """The evaluation's figures by what groups films (`GROUPS`) and by group, "unknown" last."""
    found = {}
    for kind, name_of in GROUPS.items():
        films = [replace(film, source=name_of(film)) for film in evaluation.films]
        groups = figures_of(evaluation.probabilities, films, card, resamples=resamples)["sources"]
        found[kind] = dict(sorted(groups.items(), key=lambda group: group[0] == UNKNOWN))
    return found


def mean(values: ArrayLike, patients: NDArray[np.str_], *, resamples: int) -> dict[str, Any]:
    """The mean of films' values (n,) with its interval, patients resampled, their sum, and n.

    The mean of fewer than LEAST_FILMS is None, as are the ends of its interval.
    """
    counted = np.asarray(values, dtype=float)
    known = {"sum": float(counted.sum()), "n": len(counted)}
    if len(counted) < LEAST_FILMS:
        return {"value": None, "low": None, "high": None} | known
    figure = with_interval(lambda rows, _: float(rows.mean()), counted, counted, patients, resamples)
    return figure | known


def decisions_of(
    evaluation: Evaluation, card: dict[str, Any], *, resamples: int
) -> dict[str, dict[str, Any]]:
    """What the card's thresholds do to all films and to each source, each figure a `mean`.

    points: sensitivity and specificity by operating point. unsure: films inside the unsure band; wrong: of
    the others, those on the wrong side; wrong_unsure: of the unsure, those on the wrong side of one half.
    missed: abnormal films below the band, which nobody is told to look at; alarms: normal films above it.
    """
    scores, abnormal = p_abnormal(evaluation.probabilities, labels_of(evaluation))
    patients = patients_of(evaluation.films)
    lower, upper = card["unsure_band"]["lower"], card["unsure_band"]["upper"]
    unsure = (scores >= lower) & (scores < upper)

    def of_part(part: NDArray[np.bool_]) -> dict[str, Any]:
        def share(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> dict[str, Any]:
            return mean(hits[part & among], patients[part & among], resamples=resamples)

        return {
            "points": {
                name: {
                    "sensitivity": share(scores >= point["threshold"], abnormal),
                    "specificity": share(scores < point["threshold"], ~abnormal),
                }
                for name, point in card["operating_points"].items()
            },
            "unsure": share(unsure, part),
            "wrong": share((scores >= upper) != abnormal, ~unsure),
            "wrong_unsure": share((scores >= 0.5) != abnormal, unsure),
            "missed": share(scores < lower, abnormal),
            "alarms": share(scores >= upper, ~abnormal),
        }

    return {name: of_part(part) for name, part in parts_of(evaluation).items()}


def calibration_of(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Of all films and of each source with both sides: what the network says of an abnormal film on average,
    the share that is abnormal, and the calibration error, None for fewer than LEAST_FOR_ECE films."""
    scores, abnormal = p_abnormal(evaluation.probabilities, labels_of(evaluation))
    reported = {ALL: evaluation.report["pooled"]} | evaluation.report["sources"]
    return {
        name: {
            "n": int(part.sum()),
            "says": float(scores[part].mean()),
            "is": float(abnormal[part].mean()),
            "ece": reported[name]["ece"] if part.sum() >= LEAST_FOR_ECE else None,
        }
        for name, part in both_sides(evaluation).items()
    }


def mistakes_of(report: dict[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Where the likeliest class is wrong most often: `missed`, a source's films of a disease that are called
    normal, and `alarms`, a source's normal films that are not; None without any, or LEAST_TO_NAME films."""
    sides: dict[str, list[dict[str, Any]]] = {"missed": [], "alarms": []}
    for source, part in report["sources"].items():
        for finding, row in zip(report["findings"], part["confusion"], strict=True):
            side, wrong = ("alarms", sum(row[:-1])) if finding == "normal" else ("missed", row[-1])
            if wrong and sum(row) >= LEAST_TO_NAME:
                sides[side].append({"source": source, "finding": finding, "films": sum(row), "wrong": wrong})
    return {
        name: max(cells, key=lambda cell: cell["wrong"] / cell["films"], default=None)
        for name, cells in sides.items()
    }


def confounding_of(evaluation: Evaluation, one: str, other: str, *, resamples: int) -> dict[str, Any] | None:
    """AUROC of one class against another among their films alone, and what else tells the two apart: the
    share of each that is of children (`children`), and that comes from sources without the other (`alone`).

    None where a class has fewer than LEAST_FILMS films, or the network does not know it.
    """
    films = {label: [film for film in evaluation.films if film.label == label] for label in (one, other)}
    if min(map(len, films.values())) < LEAST_FILMS:
        return None
    labels, findings = labels_of(evaluation), evaluation.report["findings"]
    first, second = findings.index(one), findings.index(other)
    pair = (labels == first) | (labels == second)
    answers = evaluation.probabilities[pair]
    scores = metrics.share_of_pair(answers[:, first], answers[:, second])
    patients = patients_of(evaluation.films)[pair]
    found: dict[str, Any] = {
        "auroc": with_interval(metrics.auroc, scores, labels[pair] == first, patients, resamples)
    }
    for label, others in ((one, films[other]), (other, films[one])):
        own, elsewhere = films[label], {film.source for film in others}
        found[label] = {
            "children": sum(film.age_group == "child" for film in own) / len(own),
            "alone": sum(film.source not in elsewhere for film in own) / len(own),
        }
    return found


def training_films(card: dict[str, Any]) -> dict[str, dict[str, Counter[str]]]:
    """The films that the bundle's card names, by source, split and class."""
    films: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: {split: Counter() for split in SPLITS})
    for cell, count in card["data"]["films"].items():
        split, rest = cell.split("/", 1)
        source, label = rest.rsplit("/", 1)
        films[source][split][label] += count
    return dict(sorted(films.items()))


def source_tells(films: dict[str, dict[str, Counter[str]]]) -> float:
    """The share of training films whose class is right for whoever names the commonest of its source."""
    counts = [splits["train"] for splits in films.values() if splits["train"]]
    return sum(max(labels.values()) for labels in counts) / sum(map(Counter.total, counts))

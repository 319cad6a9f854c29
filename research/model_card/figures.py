"""What the model card says of a part of the films: a source, an age group, a sex, a projection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.evaluation import metrics
from diagnosis.cnn.evaluation.calibration import at_threshold, p_abnormal
from diagnosis.cnn.evaluation.manifest import Film
from diagnosis.cnn.findings import NAMES

LEAST_FILMS: Final = 5  # on each side of a figure: fewer say nothing
LEAST_FOR_ECE: Final = 100  # the calibration error of few films is mostly chance
BINS: Final = 15
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Measured:
    """A figure with the ends of its 95 % interval, patients resampled."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Answered:
    """Films and what the network said: probabilities (n, classes) in the order of findings, "normal" last."""

    films: tuple[Film, ...]
    probabilities: NDArray[np.floating]
    findings: tuple[str, ...]

    @property
    def labels(self) -> NDArray[np.int64]:
        """Positions of the true classes (n,)."""
        return np.array([self.findings.index(film.label) for film in self.films], dtype=np.int64)

    @property
    def groups(self) -> list[str]:
        """The patient of each film; a film of whom nobody is known is its own."""
        return [film.group or film.file for film in self.films]

    def only(self, chosen: NDArray[np.bool_]) -> "Answered":
        """Some of the films, by a mask (n,)."""
        films = tuple(film for film, kept in zip(self.films, chosen, strict=True) if kept)
        return Answered(films, self.probabilities[chosen], self.findings)


@dataclass(frozen=True)
class Figures:
    """What was measured on a part; None where there are too few films on one side.

    films: number by finding. points: `calibration.at_threshold` by operating point. decided: share of films
    outside the unsure band; wrong_decided: share of these on the wrong side; wrong_unsure: share of the
    others on the wrong side of p_abnormal 0.5.
    """

    films: dict[str, int]
    auroc: Measured | None
    accuracy: Measured | None
    ece: float | None
    points: dict[str, dict[str, Any]]
    decided: Measured | None
    wrong_decided: Measured | None
    wrong_unsure: Measured | None

    @property
    def n(self) -> int:
        """How many films."""
        return sum(self.films.values())


def sex_of(film: Film) -> str:
    """ "female", "male" or "unknown"."""
    return {"f": "female", "m": "male"}.get(film.sex[:1].casefold(), UNKNOWN)


def projection_of(film: Film) -> str:
    """ "PA", "AP" (lying ones too), "unknown", or what the source wrote."""
    word = (film.view.upper().split() or [UNKNOWN])[0]
    return word if word in ("PA", "AP") else film.view or UNKNOWN


PARTS: Final[dict[str, Callable[[Film], str]]] = {
    "source": lambda film: film.source,
    "age group": lambda film: film.age_group or UNKNOWN,
    "sex": sex_of,
    "projection": projection_of,
}


def parts_of(
    answered: Answered, card: dict[str, Any], *, resamples: int = 1000
) -> dict[str, dict[str, Figures]]:
    """Figures of every part by what parts the films (`PARTS`) and by the part's name, "unknown" last."""
    found: dict[str, dict[str, Figures]] = {}
    for kind, name_of in PARTS.items():
        names = np.array([name_of(film) for film in answered.films])
        order = sorted(set(names.tolist()), key=lambda name: (name == UNKNOWN, name))
        found[kind] = {
            name: figures_of_part(answered.only(names == name), card, resamples=resamples) for name in order
        }
    return found


def figures_of_part(answered: Answered, card: dict[str, Any], *, resamples: int = 1000) -> Figures:
    """All figures of some films, at the thresholds of the bundle's card."""
    probabilities, labels, groups = answered.probabilities, answered.labels, answered.groups
    scores, abnormal = p_abnormal(probabilities, labels)
    right = probabilities.argmax(axis=1) == labels
    lower, upper = card["unsure_band"]["lower"], card["unsure_band"]["upper"]
    decided = (scores < lower) | (scores >= upper)
    wrong = np.where(decided, (scores >= upper) != abnormal, (scores >= 0.5) != abnormal)
    sides = min(abnormal.sum(), (~abnormal).sum())

    def measure(figure: Callable[[NDArray[np.intp]], float]) -> Measured | None:
        return measured(figure, groups, resamples=resamples)

    return Figures(
        films={finding: int(np.sum(labels == k)) for k, finding in enumerate(answered.findings)},
        auroc=measure(lambda rows: metrics.auroc(scores[rows], abnormal[rows]))
        if sides >= LEAST_FILMS
        else None,
        accuracy=measure(_share(right)),
        ece=metrics.expected_calibration_error(probabilities, labels, bins=BINS)
        if len(labels) >= LEAST_FOR_ECE
        else None,
        points={
            name: _point(scores, abnormal, point["threshold"], groups, resamples)
            for name, point in card["operating_points"].items()
        },
        decided=measure(_share(decided)),
        wrong_decided=measure(_share(wrong, decided)),
        wrong_unsure=measure(_share(wrong, ~decided)),
    )


def measured(
    figure: Callable[[NDArray[np.intp]], float], groups: Sequence[str], *, resamples: int
) -> Measured | None:
    """A figure of films, given the positions of those that count, and its interval; None where undefined."""
    value = figure(np.arange(len(groups))) if len(groups) >= LEAST_FILMS else float("nan")
    if np.isnan(value):
        return None
    return Measured(value, *metrics.bootstrap_interval(figure, groups, resamples=resamples))


def pair_auroc(answered: Answered, one: str, other: str, *, resamples: int) -> Measured | None:
    """AUROC of one class against another among the films of the two, whatever is said of a third."""
    pair = answered.only(np.array([film.label in (one, other) for film in answered.films], dtype=bool))
    first, second = (answered.findings.index(name) for name in (one, other))
    positive = pair.labels == first
    if min(positive.sum(), (~positive).sum()) < LEAST_FILMS:
        return None
    scores = metrics.share_of_pair(pair.probabilities[:, first], pair.probabilities[:, second])
    return measured(
        lambda rows: metrics.auroc(scores[rows], positive[rows]), pair.groups, resamples=resamples
    )


def reliability(
    confidence: NDArray[np.floating], true: NDArray[np.bool_], *, bins: int = BINS
) -> list[tuple[float, float, int, float, float]]:
    """Rows of a reliability table: bin from, bin to, films, their mean confidence, share that was true.

    Equally wide bins, those that the calibration error counts; empty ones are left out.
    """
    place = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    return [
        (
            k / bins,
            (k + 1) / bins,
            int(np.sum(place == k)),
            float(confidence[place == k].mean()),
            float(true[place == k].mean()),
        )
        for k in range(bins)
        if (place == k).any()
    ]


def names_of(findings: Sequence[str]) -> list[str]:
    """The classes as people read them."""
    return [NAMES[finding] for finding in findings]


def _point(
    scores: NDArray[np.float64],
    abnormal: NDArray[np.bool_],
    threshold: float,
    groups: Sequence[str],
    resamples: int,
) -> dict[str, Any]:
    figures = at_threshold(scores, abnormal, threshold, groups=groups, resamples=resamples)
    for name, side in (("sensitivity", abnormal), ("specificity", ~abnormal)):
        if side.sum() < LEAST_FILMS:
            figures |= {name: None, f"{name}_interval": None}
    return figures


def _share(
    hits: NDArray[np.bool_], among: NDArray[np.bool_] | None = None
) -> Callable[[NDArray[np.intp]], float]:
    """The share of hits, of all films or of some; nan where there is none."""

    def share(rows: NDArray[np.intp]) -> float:
        counted = hits[rows] if among is None else hits[rows][among[rows]]
        return float(counted.mean()) if len(counted) else float("nan")

    return share

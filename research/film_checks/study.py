"""Runs a classifier on made pictures, on pictures that are no frontal films and on films as they came."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from diagnosis.cnn.classifier import Classifier
from diagnosis.cnn.evaluation.manifest import Film, Manifest
from diagnosis.cnn.quality.verdict import HARMLESS
from diagnosis.cnn.training.film_checks.samples import for_fitting
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import read_raster
from diagnosis.imaging.refusal import FilmRefused
from research.film_checks import made

VERDICTS: Final = ("refused", "corrected", "wrongly corrected", "told", "unsure", "answered")
DOUBTS: Final = ("unfamiliar", "few_grey_levels", "lungs_not_found")


@dataclass(frozen=True)
class Outcome:
    """What became of one picture. codes: of the refusal, or of corrections and cautions."""

    kind: str
    source: str
    patient: str
    verdict: str
    codes: tuple[str, ...] = field(default=())


def judge(classifier: Classifier, radiograph: Callable[[], Radiograph], kind: str, film: Film) -> Outcome:
    """One picture's outcome; `radiograph` may refuse, as reading a file does."""
    try:
        answer = classifier.classify(radiograph())
    except FilmRefused as refused:
        return Outcome(kind, film.source, film.group or film.file, "refused", (refused.code,))
    corrections = {one["code"] for one in answer.quality["corrections"]}
    cautions = {one["code"] for one in answer.quality["cautions"]}
    cautions |= {name for name in DOUBTS if answer.uncertainty[name]}
    verdict = _verdict(kind, corrections, cautions, answer.triage)
    codes = (*sorted(corrections), *sorted(cautions))
    return Outcome(kind, film.source, film.group or film.file, verdict, codes)


def _verdict(kind: str, corrections: set[str], cautions: set[str], triage: str) -> str:
    if corrections and corrections != made.CORRECTIONS.get(kind, set()):
        return "wrongly corrected"
    if corrections:
        return "corrected"
    if cautions - (set() if kind == "burnt_in_name" else set(HARMLESS)):
        return "told"
    return "unsure" if triage == "unsure" else "answered"


def of_made(classifier: Classifier, manifest: Manifest, films: Sequence[Film], *, each: int) -> list[Outcome]:
    """Outcomes of `each` pictures of every kind, made of films in turn."""
    found, place = [], 0
    for number, kind in enumerate(made.KINDS):
        random = np.random.default_rng(number)
        for _ in range(each):
            film, another = films[place % len(films)], films[(place + 1) % len(films)]
            place += 1
            drawn, beside = (made.as_film(read_raster(manifest.path(one))) for one in (film, another))
            found.append(judge(classifier, lambda: made.make(kind, drawn, beside, random), kind, film))  # noqa: B023 - called at once
    return found


def of_films(classifier: Classifier, manifest: Manifest, films: Iterable[Film]) -> list[Outcome]:
    """Outcomes of films as they came."""
    return [
        judge(classifier, lambda: read_raster(manifest.path(film)), "as it came", film)  # noqa: B023 - called at once
        for film in films
    ]


def of_others(classifier: Classifier, listing: Path) -> list[Outcome]:
    """Outcomes of pictures that are no frontal films; the source says whether they were learnt from."""
    with listing.open(newline="", encoding="utf-8-sig") as stream:
        rows: list[dict[str, Any]] = list(csv.DictReader(stream))
    found = []
    for row in rows:
        kind = "lateral" if row["kind"].startswith("lateral") else "no chest film"
        part = "learnt from" if for_fitting(row["file"]) else "for tests"
        film = Film(file=row["file"], label="", source=part)
        path = listing.parent / row["file"]
        found.append(judge(classifier, lambda: read_raster(path), kind, film))  # noqa: B023 - called at once
    return found

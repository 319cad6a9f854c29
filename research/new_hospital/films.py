"""Which films judge a bundle: every film of a source that it never saw, the test split of one that it did."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from diagnosis.cnn.evaluation.manifest import Film, Manifest, ManifestError

Truth = Literal["normal", "abnormal", "other"]

# A label of films that are abnormal in another way than any class of a task: a nodule, say.
OTHER: Final = "other"
# Beside a manifest: films of patients with the disease that show nothing of it.
CONFLICTS: Final = "label-conflicts.csv"
LEARNT_FROM: Final = ("train", "val")


@dataclass(frozen=True)
class JudgedFilm:
    """A film of a manifest; index: its class among the bundle's findings, -1 for one of none of them.

    conflict: its own source calls it clear though its label is abnormal.
    """

    film: Film
    path: Path
    index: int
    conflict: bool

    @property
    def truth(self) -> Truth:
        """Which side it is on."""
        if self.film.label == OTHER:
            return "other"
        return "normal" if self.film.label == "normal" else "abnormal"

    @property
    def patient(self) -> str:
        """Films of one patient share it."""
        return self.film.group or f"{self.film.source}/{self.film.file}"


def judged_films(manifest: Manifest, findings: Sequence[str]) -> tuple[JudgedFilm, ...]:
    """The films of a manifest that are of the task or labelled OTHER.

    Raises ManifestError naming every unknown label among the others and every file that is not there.
    """
    places, conflicts = {name: k for k, name in enumerate(findings)}, conflicts_of(manifest.folder)
    kept, problems = list[JudgedFilm](), list[str]()
    for film in manifest.for_task(findings).films:
        if film.label not in places and film.label != OTHER:
            problems.append(f"{film.file}: unknown label {film.label!r}")
        elif not manifest.path(film).is_file():
            problems.append(f"{film.file}: no such file in {manifest.folder}")
        else:
            index = places.get(film.label, -1)
            kept.append(JudgedFilm(film, manifest.path(film), index, film.file in conflicts))
    if problems:
        raise ManifestError(problems)
    return tuple(kept)


def conflicts_of(folder: Path) -> set[str]:
    """The files that the folder's list of conflicting labels names; empty where there is no list."""
    path = folder / CONFLICTS
    if not path.is_file():
        return set()
    with path.open(newline="", encoding="utf-8-sig") as stream:
        return {row["file"] for row in csv.DictReader(stream)}


def sources_seen(card: Mapping[str, Any]) -> set[str]:
    """The sources that a bundle was trained on or had its limits set by, as its card counts its films.

    Raises ValueError where the card does not say.
    """
    cells = card.get("data", {}).get("films")
    if not isinstance(cells, dict) or not cells:
        raise ValueError(f"the card of {card.get('name')} does not say which films it was trained on")
    return {
        cell.partition("/")[2].rpartition("/")[0] for cell in cells if cell.partition("/")[0] in LEARNT_FROM
    }


@dataclass(frozen=True)
class Choice:
    """The films that judge, by source, and why others do not.

    acquainted: films of unseen sources whose patient has another film among those learnt from.
    """

    by_source: Mapping[str, tuple[JudgedFilm, ...]]
    acquainted: int
    conflicts: int


def choose(films: Iterable[JudgedFilm], seen: set[str]) -> Choice:
    """All films of each source that is not among those seen, the test split of each that is.

    Left out and counted: films of an unseen source whose patient was learnt from in another one, and films
    of conflicting labels.
    """
    films = tuple(films)
    known = {each.patient for each in films if each.film.source in seen and each.film.split in LEARNT_FROM}
    chosen = defaultdict[str, list[JudgedFilm]](list)
    acquainted = conflicts = 0
    for each in films:
        if each.film.source in seen and each.film.split != "test":
            continue
        if each.conflict:
            conflicts += 1
        elif each.film.source not in seen and each.patient in known:
            acquainted += 1
        else:
            chosen[each.film.source].append(each)
    return Choice({name: tuple(chosen[name]) for name in sorted(chosen)}, acquainted, conflicts)


def balanced(films: Sequence[JudgedFilm], count: int | None) -> tuple[JudgedFilm, ...]:
    """So many films (all of them if None), the same number of each source and label as far as they reach, by
    their order in the manifest."""
    if count is None or count >= len(films):
        return tuple(films)
    cells = defaultdict[tuple[str, str], list[JudgedFilm]](list)
    for each in reversed(films):
        cells[each.film.source, each.film.label].append(each)
    chosen = list[JudgedFilm]()
    while len(chosen) < count:
        for cell in sorted(cells):
            if cells[cell] and len(chosen) < count:
                chosen.append(cells[cell].pop())
    return tuple(chosen)

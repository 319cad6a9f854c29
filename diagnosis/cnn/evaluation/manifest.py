"""A manifest of films: read, and checked before the first step."""

import csv
import hashlib
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.findings import FINDINGS

SPLITS = ("train", "val", "test")
ADULT_FROM: Final = 18.0  # years
NOT_STATED: Final = "not stated"

Balance = Literal["film", "class", "cell"]


class ManifestError(Exception):
    """The data cannot be used as they are; `problems` has one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Film:
    """A row of a manifest. `file` is as the manifest has it, relative to the manifest's folder.

    sex, view: as the source gives them, empty where it does not. age: years, None where there is no number.
    age_group: "child" (below 18 years), "adult", or empty where neither a number nor a word tells.
    """

    file: str
    label: str
    source: str
    split: str = ""
    group: str = ""
    sex: str = ""
    age: float | None = None
    view: str = ""
    age_group: str = ""


@dataclass(frozen=True)
class Manifest:
    """The labelled films of a manifest, the number of rows without a label (severity annotation only), and
    the terms of each source from the optional column `licence`. left_out: films that a public set has and
    nobody should learn from, counted by the reason."""

    folder: Path
    films: tuple[Film, ...]
    unlabelled: int = 0
    licences: dict[str, list[str]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def of_split(self, split: str) -> tuple[Film, ...]:
        """The films of one split, in the manifest's order."""
        return tuple(film for film in self.films if film.split == split)

    def for_task(self, findings: Sequence[str]) -> "Manifest":
        """Without the films whose label is a finding of another task; unknown labels stay, to be reported."""
        kept = tuple(film for film in self.films if film.label in findings or film.label not in FINDINGS)
        sources = {film.source for film in kept}
        terms = {source: names for source, names in self.licences.items() if source in sources}
        return replace(self, films=kept, licences=terms)

    def path(self, film: Film) -> Path:
        """Where a film lies on disk."""
        return self.folder / film.file

    def fingerprint(self) -> str:
        """SHA-256 over file, label, source, split and group of every film, whatever their order."""
        rows = sorted([film.file, film.label, film.source, film.split, film.group] for film in self.films)
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def read_manifest(path: Path) -> Manifest:
    """Read `file,label,source[,group][,split][,sex][,age][,view][,licence]`; further columns are ignored.

    Raises ManifestError where the file is missing, is no such table, or has no labelled film.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in ("file", "label", "source") if name not in (reader.fieldnames or ())]
            if missing:
                raise ManifestError([f"{path}: the manifest lacks the column {', '.join(missing)}"])
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError([f"{path}: the manifest cannot be read ({error})"]) from error
    films, licences = [], defaultdict[str, set[str]](set)
    for row in rows:
        values = {key: (row.get(key) or "").strip() for key in ("file", "label", "source", "split", "group")}
        if values["label"]:
            sex, age_text, view = ((row.get(key) or "").strip() for key in ("sex", "age", "view"))
            age, age_group = age_of(age_text)
            films.append(Film(**values, sex=sex, age=age, view=view, age_group=age_group))
            licences[values["source"]].add((row.get("licence") or "").strip() or NOT_STATED)
    if not films:
        raise ManifestError([f"{path}: the manifest has no labelled film"])
    terms = {source: sorted(names) for source, names in sorted(licences.items())}
    return Manifest(path.parent, tuple(films), len(rows) - len(films), terms)


def age_of(text: str) -> tuple[float | None, str]:
    """Years and age group ("child", "adult" or empty) from what sources write: "55", "0.5", "67+", "child".

    DICOM's units are read ("018M" is a year and a half), "early 40s" counts as 40, anything else is no age.
    """
    number = re.search(r"(\d+(?:\.\d+)?)\s*([DWMY]?)", text.upper())
    if number is None:
        word = text.casefold()
        return None, word if word in ("child", "adult") else ""
    years = float(number[1]) / {"D": 365.25, "W": 52.18, "M": 12.0}.get(number[2], 1.0)
    return years, "child" if years < ADULT_FROM else "adult"


def film_problems(manifest: Manifest, films: Iterable[Film]) -> list[str]:
    """Why single films cannot be used: a missing file, an unknown label."""
    problems = []
    for film in films:
        if not film.file:
            problems.append("a row of the manifest names no file")
            continue
        if film.label not in FINDINGS:
            problems.append(
                f"{film.file}: unknown label {film.label!r}, expected one of {', '.join(FINDINGS)}"
            )
        if not manifest.path(film).is_file():
            problems.append(f"{film.file}: no such file in {manifest.folder}")
    return problems


def training_problems(manifest: Manifest, findings: Sequence[str] = FINDINGS) -> list[str]:
    """Every reason not to start training a network that tells the findings apart, one sentence each.

    Films of other known findings are not a problem: `Manifest.for_task` leaves them out.
    """
    films = manifest.for_task(findings).films
    problems = film_problems(manifest, films)
    rows = Counter(os.path.normpath(film.file) for film in films)
    problems += [f"{file}: {count} times in the manifest" for file, count in rows.items() if count > 1]
    sides = defaultdict[str, set[str]](set)
    for film in films:
        if film.split not in SPLITS:
            problems.append(f"{film.file}: split {film.split!r} is none of {', '.join(SPLITS)}")
        if film.group:
            sides[film.group].add(film.split)
    problems += [
        f"group {group}: its films are on {len(splits)} sides of the split ({', '.join(sorted(splits))})"
        for group, splits in sorted(sides.items())
        if len(splits) > 1
    ]
    counts = Counter((film.split, film.label) for film in films)
    problems += [
        f"class {finding}: no film in the {split} split"
        for split in ("train", "val")
        for finding in findings
        if not counts[split, finding]
    ]
    return problems


def sampling_weights(
    films: Sequence[Film], balance: Balance = "cell", power: float = 0.5
) -> NDArray[np.float64]:
    """Chance of each film to be drawn, (n,), summing to one.

    balance: "film" draws each film as often as any other, "class" each class as often as any other, "cell"
    a film by 1/n**power of the n films of its class x source cell (power 1: each cell equally often).
    """
    if balance == "film":
        return np.full(len(films), 1.0 / len(films))
    cells = [(film.label, film.source if balance == "cell" else "") for film in films]
    counts = Counter(cells)
    exponent = power if balance == "cell" else 1.0
    weights = np.array([counts[cell] ** -exponent for cell in cells])
    return np.asarray(weights / weights.sum())

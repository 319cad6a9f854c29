"""The demonstration's films: from a folder, from the public test films, or phantoms drawn by code."""

import csv
import hashlib
import io
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from diagnosis.models import Sex

DOZEN = 12
ENDINGS = {".png", ".jpg", ".jpeg"}

# Invented people; any resemblance is a coincidence, and none of them is on a film.
FIRST_NAMES = {
    Sex.FEMALE: ("Ada", "Beatriz", "Chiara", "Devi", "Elif", "Fatou", "Greta", "Hana", "Ines", "Jana"),
    Sex.MALE: ("Anton", "Bilal", "Carlos", "Dimitri", "Emeka", "Felix", "Goran", "Hiro", "Ivan", "Jonas"),
}
LAST_NAMES = (
    "Abeln", "Brandao", "Castelo", "Demirel", "Eriksen", "Fontaine", "Gruber", "Hollis", "Ivanova", "Jansen",
    "Kowalska", "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov",
)  # fmt: skip
CHILDREN = {"kermany"}  # films of children aged one to five


@dataclass(frozen=True)
class DemoFilm:
    """One film and its facts, without its label: a doctor reads it first."""

    content: bytes
    name: str
    origin: str
    is_phantom: bool = False
    sex: str = Sex.UNKNOWN
    age: int | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Person:
    """An invented patient."""

    first_name: str
    last_name: str
    sex: str
    age: int


def person_for(film: DemoFilm) -> Person:
    """An invented patient who fits the film's facts; the same film always gets the same one."""
    chance = random.Random(film.sha256)  # noqa: S311 - names for a demonstration, nothing to guess
    sex = film.sex if film.sex in FIRST_NAMES else chance.choice(list(FIRST_NAMES))
    age = film.age if film.age is not None else chance.randint(24, 79)
    return Person(chance.choice(FIRST_NAMES[Sex(sex)]), chance.choice(LAST_NAMES), sex, age)


def from_folder(folder: Path) -> Iterator[DemoFilm]:
    """The PNG and JPEG files of a folder and its subfolders, in order of name."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() in ENDINGS:
            yield DemoFilm(path.read_bytes(), path.name, "a film of this installation's own folder")


def cxr_folder() -> Path | None:
    """The folder of public films beside the repository or at CARINA_CXR_DATA, or None if it is missing."""
    folder = os.environ.get("CARINA_CXR_DATA") or Path(settings.BASE_DIR).parent / "shared/data/cxr"
    return Path(folder) if (Path(folder) / "manifest.csv").is_file() else None


def from_collection(folder: Path, count: int = DOZEN) -> Iterator[DemoFilm]:
    """Films of the test split, which the network was not trained on, of every class and source.

    Shuffled and with neutral names, because many of the original names give the diagnosis away.
    """
    chosen = _choose(folder / "manifest.csv", count)
    for number, row in enumerate(chosen, start=1):
        path = folder / row["file"]
        age, source = row.get("age") or "", row["source"]
        known = int(age) if age.isdigit() else None
        if known is None and source in CHILDREN:
            known = 1 + number % 5
        yield DemoFilm(
            content=path.read_bytes(),
            name=f"demonstration-{number:02}{path.suffix.lower()}",
            origin=f"a film of the public collection “{source}”, test split",
            sex={"f": Sex.FEMALE, "m": Sex.MALE}.get(row.get("sex") or "", Sex.UNKNOWN),
            age=known,
        )


def _choose(manifest: Path, count: int) -> list[dict[str, str]]:
    """Rows of the test split, alternating classes and, within a class, sources; one per patient."""
    groups: dict[str, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    with manifest.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["split"] == "test" and row["label"]:
                groups[row["label"]][row["source"]].append(row)
    turns = [
        _in_turn([_shuffled(rows) for _, rows in sorted(by.items())]) for _, by in sorted(groups.items())
    ]
    chosen: list[dict[str, str]] = []
    patients: set[str] = set()
    for row in _in_turn([list(turn) for turn in turns]):
        if len(chosen) < count and row["group"] not in patients:
            patients.add(row["group"])
            chosen.append(row)
    return _shuffled(chosen)


def _shuffled(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows in a shuffled order that is always the same and reveals nothing about them."""
    return sorted(rows, key=lambda row: hashlib.sha256(row["file"].encode()).digest())


def _in_turn(piles: list[list[dict[str, str]]]) -> Iterator[dict[str, str]]:
    """The first of each pile, then the second of each, until all are empty."""
    for place in range(max(map(len, piles), default=0)):
        yield from (pile[place] for pile in piles if place < len(pile))


def phantoms(count: int = DOZEN) -> Iterator[DemoFilm]:
    """Chests drawn by code, for installations without films."""
    from diagnosis.imaging.phantom import KINDS, draw_phantom  # here: drawing needs numpy

    for number in range(1, count + 1):
        stream = io.BytesIO()
        draw_phantom(seed=number, kind=KINDS[number % len(KINDS)]).save(stream, "PNG")
        yield DemoFilm(
            stream.getvalue(), f"phantom-{number:02}.png", "a phantom drawn by code", is_phantom=True
        )

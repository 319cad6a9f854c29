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

from diagnosis.imaging.phantom.opacities import DENSE, HAZY, NORMAL
from diagnosis.management.demo_story import PART, Film, Person
from diagnosis.models import Sex

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
CHILDREN = {"kermany"}  # films of children aged one to five: the story's people are grown up
LABELS = {NORMAL: ("normal",), HAZY: ("covid19", "pneumonia"), DENSE: ("pneumonia", "covid19")}


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


class Stock:
    """The films that the story is told with: of the public test films, which the network was not trained on,
    where they are at hand; else phantoms."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._piles = {kind: _pile(folder, labels) if folder else [] for kind, labels in LABELS.items()}
        self._taken: set[str] = set()

    def film(self, wanted: Film) -> DemoFilm:
        """The next film of this kind, with a neutral name; a drawing if there is none left, or for a part."""
        pile = self._piles.get(wanted.kind, [])
        while pile and self._folder:
            row = pile.pop(0)
            if row["group"] not in self._taken:
                self._taken.add(row["group"])
                path = self._folder / row["file"]
                name = f"demonstration-{len(self._taken):02}{path.suffix.lower()}"
                return DemoFilm(path.read_bytes(), name, f"a film of the collection “{row['source']}”")
        return _drawn(wanted)


def _pile(folder: Path, labels: tuple[str, ...]) -> list[dict[str, str]]:
    """Films of adults from the test split, by class in this order and, within a class, by source in turn."""
    piles = []
    for label in labels:
        by_source: dict[str, list[dict[str, str]]] = defaultdict(list)
        with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if (row["split"], row["label"]) == ("test", label) and row["source"] not in CHILDREN:
                    by_source[row["source"]].append(row)
        piles.append(list(_in_turn([_shuffled(rows) for _, rows in sorted(by_source.items())])))
    return list(_in_turn(piles))


def _shuffled(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows in a shuffled order that is always the same and reveals nothing about them."""
    return sorted(rows, key=lambda row: hashlib.sha256(row["file"].encode()).digest())


def _in_turn(piles: list[list[dict[str, str]]]) -> Iterator[dict[str, str]]:
    """The first of each pile, then the second of each, until all are empty."""
    for place in range(max(map(len, piles), default=0)):
        yield from (pile[place] for pile in piles if place < len(pile))


def _drawn(wanted: Film) -> DemoFilm:
    """A chest drawn by code, or a part of one."""
    from diagnosis.imaging.phantom import draw_phantom  # here: drawing needs numpy

    image = draw_phantom(seed=wanted.seed, kind=NORMAL if wanted.kind == PART else wanted.kind)
    if wanted.kind == PART:
        image = image.crop((300, 520, 700, 1000))
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=3)
    return DemoFilm(stream.getvalue(), f"phantom-{wanted.seed:02}.png", "a phantom", is_phantom=True)

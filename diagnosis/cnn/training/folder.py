"""Films from wherever they lie: a manifest, or a tree of folders whose names say what the films are."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from diagnosis.cnn.findings import FINDINGS
from diagnosis.cnn.training.dataset import NOT_STATED, SPLITS, Film, Manifest, ManifestError, read_manifest

SUFFIXES: Final = (".jpg", ".jpeg", ".png")
LAYOUT: Final = "[train|val|test]/[source]/covid19|pneumonia|normal/film.png"
SPLIT_NAMES: Final = {name: name for name in SPLITS} | {"valid": "val", "validation": "val"}
LABEL_NAMES: Final = {name: name for name in FINDINGS} | {"covid": "covid19"}


def read_data(path: Path) -> Manifest:
    """The films of a CSV manifest or of a folder tree, whichever the path is.

    Raises ManifestError where it is neither, or has no labelled film.
    """
    return read_folder(path) if path.is_dir() else read_manifest(path)


def read_folder(folder: Path) -> Manifest:
    """The JPEG and PNG files of a tree `[split]/[source]/label/`, in the order of their names.

    The folder that holds a film is its label ("COVID-19", "Normal" and so on are recognised); of the folders
    above it, one that is called train, val or test is its split and the other its source. Films without a
    source folder have the tree's own name as their source. Where no film has a split folder, `split_of`
    decides; where some have, the others have no split, which `training_problems` tells.

    Raises ManifestError naming every folder that fits no such place, or where there is no film at all.
    """
    files = sorted(_pictures(folder))
    if not files:
        raise ManifestError([f"{folder}: no JPEG or PNG file in {LAYOUT}"])
    places = {parent: _place(parent) for parent in {_parent(file) for file in files}}
    misplaced = sorted(parent for parent, place in places.items() if place is None)
    if misplaced:
        raise ManifestError([f"{folder / parent}: its films are not in {LAYOUT}" for parent in misplaced])
    has_splits = any(place and place[0] for place in places.values())
    films = []
    for file in files:
        split, source, label = places[_parent(file)] or ("", "", "")
        source = source or folder.resolve().name or "folder"
        if not has_splits:
            split = split_of(f"{source}/{label}/{PurePosixPath(file).stem}")
        films.append(Film(file, label, source, split))
    return Manifest(folder, tuple(films), licences={film.source: [NOT_STATED] for film in films})


def split_of(name: str) -> str:
    """Eight tenths of all names are "train", one "val", one "test": always the same for the same name."""
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    return "train" if place < 0.8 else "val" if place < 0.9 else "test"


def _pictures(folder: Path) -> Iterator[str]:
    """Paths of the pictures below a folder, relative to it; hidden files and folders are passed over."""
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield relative.as_posix()


def _parent(file: str) -> str:
    return file.rpartition("/")[0]


def _place(folder: str) -> tuple[str, str, str] | None:
    """Split, source (each may be empty) and label that a folder's path says; None where it fits no place."""
    *above, label = folder.split("/")
    splits = [SPLIT_NAMES[part.casefold()] for part in above if part.casefold() in SPLIT_NAMES]
    sources = [part for part in above if part.casefold() not in SPLIT_NAMES]
    if not label or len(splits) > 1 or len(sources) > 1:
        return None
    plain = re.sub(r"[^a-z0-9]", "", label.casefold())
    return "".join(splits), "".join(sources), LABEL_NAMES.get(plain, label)

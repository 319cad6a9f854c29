"""Films of a manifest, or of a tree of folders whose names give split, source and label."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from diagnosis.cnn.evaluation.manifest import NOT_STATED, SPLITS, Film, Manifest, ManifestError, read_manifest
from diagnosis.cnn.findings import FINDINGS

SUFFIXES: Final = (".jpg", ".jpeg", ".png")
LAYOUT: Final = "[train|val|test]/[source]/covid19|pneumonia|normal/[patient]/film.png"
SPLIT_NAMES: Final = {name: name for name in SPLITS} | {"valid": "val", "validation": "val"}
# Below a class these hold films of many people, or no films: taken for a patient, they would fall on one
# side of the split.
NO_PATIENTS: Final = {*SPLIT_NAMES, "training", "images", "image", "films", "masks", "mask"}
LABEL_NAMES: Final = {name: name for name in FINDINGS} | {"covid": "covid19"}


def read_data(path: Path) -> Manifest:
    """The films of a CSV manifest or of a folder tree, whichever the path is.

    Raises ManifestError where it is neither, or has no labelled film.
    """
    return read_folder(path) if path.is_dir() else read_manifest(path)


def read_folder(folder: Path) -> Manifest:
    """The JPEG and PNG files of a tree `[split]/[source]/label/[patient]/`, in the order of their names.

    A folder named after a class (also "COVID-19", "Normal" and so on) labels its films; without one, the
    folder that holds a film does. Below it there may be a folder for each patient, whose films stay in one
    split; films directly in the label's folder count as one patient each. Of the folders above, one named
    train, val or test is the split and the other the source; without a source folder, the source is the
    tree's own name. If no film has a split folder, `split_of` decides; if only some have, the others have no
    split, which `training_problems` reports.

    Raises ManifestError naming every folder that does not fit the layout, or if there is no film at all.
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
        split, source, label, patient = places[_parent(file)] or ("", "", "", "")
        source = source or folder.resolve().name or "folder"
        group = f"{source}/{patient}" if patient else ""
        if not has_splits:
            split = split_of(group or f"{source}/{label}/{PurePosixPath(file).stem}")
        films.append(Film(file, label, source, split, group))
    return Manifest(folder, tuple(films), licences={film.source: [NOT_STATED] for film in films})


def split_of(name: str) -> str:
    """ "train" for eight names in ten, "val" and "test" for one each; always the same for the same name."""
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


def _place(folder: str) -> tuple[str, str, str, str] | None:
    """Split, source, label and patient as a folder's path gives them, empty where it does not; None where the
    path does not fit the layout."""
    *above, label = folder.split("/")
    patient = ""
    if _plain(label) not in LABEL_NAMES and above and _plain(above[-1]) in LABEL_NAMES:
        patient, label = label, above.pop()
        if patient.casefold() in NO_PATIENTS:
            return None
    splits = [SPLIT_NAMES[part.casefold()] for part in above if part.casefold() in SPLIT_NAMES]
    sources = [part for part in above if part.casefold() not in SPLIT_NAMES]
    if not label or len(splits) > 1 or len(sources) > 1:
        return None
    return "".join(splits), "".join(sources), LABEL_NAMES.get(_plain(label), label), patient


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())

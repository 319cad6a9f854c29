"""Films of a manifest, or of a tree of folders whose names give split, source and label."""

import logging
from pathlib import Path, PurePosixPath
from typing import Final

from diagnosis.cnn.evaluation.manifest import NOT_STATED, SPLITS, Film, Manifest, ManifestError, read_manifest
from diagnosis.cnn.evaluation.pictures import pictures, plain, split_of
from diagnosis.cnn.evaluation.public_sets import (
    in_words,
    is_case_table,
    radiography_root,
    read_cases,
    read_radiography,
)
from diagnosis.cnn.findings import FINDINGS

log = logging.getLogger(__name__)

LAYOUT: Final = "[train|val|test]/[source]/covid19|pneumonia|normal/[patient]/film.png"
SPLIT_NAMES: Final = {name: name for name in SPLITS} | {"valid": "val", "validation": "val"}
# Below a class these hold films of many people, or no films: taken for a patient, they would fall on one
# side of the split.
NO_PATIENTS: Final = {*SPLIT_NAMES, "training", "images", "image", "films", "masks", "mask"}
LABEL_NAMES: Final = {name: name for name in FINDINGS} | {"covid": "covid19"}


def read_data(path: Path) -> Manifest:
    """The films of a CSV manifest, of a folder tree, or of a public set in its own layout, whichever it is.

    Says how many films of a public set are left out and why. Raises ManifestError where the path is none of
    these, or has no labelled film.
    """
    manifest = _read(path)
    for line in in_words(manifest.left_out):
        log.warning("%s: %s", path, line)
    return manifest


def _read(path: Path) -> Manifest:
    table = path / "metadata.csv" if path.is_dir() else path
    if is_case_table(table):
        return read_cases(table)
    if not path.is_dir():
        return read_manifest(path)
    root = radiography_root(path)
    return read_radiography(root) if root else read_folder(path)


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
    files = sorted(pictures(folder))
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


def _parent(file: str) -> str:
    return file.rpartition("/")[0]


def _place(folder: str) -> tuple[str, str, str, str] | None:
    """Split, source, label and patient as a folder's path gives them, empty where it does not; None where the
    path does not fit the layout."""
    *above, label = folder.split("/")
    patient = ""
    if plain(label) not in LABEL_NAMES and above and plain(above[-1]) in LABEL_NAMES:
        patient, label = label, above.pop()
        if patient.casefold() in NO_PATIENTS:
            return None
    splits = [SPLIT_NAMES[part.casefold()] for part in above if part.casefold() in SPLIT_NAMES]
    sources = [part for part in above if part.casefold() not in SPLIT_NAMES]
    if not label or len(splits) > 1 or len(sources) > 1:
        return None
    return "".join(splits), "".join(sources), LABEL_NAMES.get(plain(label), label), patient

"""Where the network looked: maps of many films, their means, and how they agree with drawn regions."""

import csv
import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.cnn.bundle import Bundle
from diagnosis.cnn.evaluation.manifest import Film, Manifest, ManifestError
from diagnosis.cnn.heatmap import film_frame
from diagnosis.cnn.lungs import FilmPreparation
from diagnosis.cnn.network import Network, activation_map
from diagnosis.cnn.preprocessing import Box, PreprocessingParameters
from diagnosis.imaging.raster import read_raster
from research.model_card.figures import Measured, measured

LEAST_FOR_MEAN: Final = 20  # a mean of fewer films might still show one of them
MOST_FOR_MEAN: Final = 100
OPACITIES: Final = ("ground_glass", "consolidation")
LUNGS: Final = ("left_lung", "right_lung")


@dataclass(frozen=True)
class Look:
    """Of one film: the activation map, float32 (h, w), 0-1, as `classifier.activation_map` makes it, the box
    of the film that it covers, and whether that box is where such boxes usually are (lungs were found)."""

    activation: NDArray[np.float32]
    box: Box
    usual: bool


@dataclass(frozen=True)
class DrawnFilm:
    """A row of regions.csv: the film and the masks of its lungs and of its opacities, as full paths."""

    file: str
    path: Path
    lungs: tuple[Path, ...]
    opacities: tuple[Path, ...]


@dataclass(frozen=True)
class Agreement:
    """How the maps of n films agree with what was drawn on them.

    inside: share of a map's mass inside the region, the mean of the films. area: share of what the network
    saw that the region covers: what a map that knows nothing would reach. hits: share of films whose map
    peaks inside (the pointing game of Zhang et al. 2018, without a margin).
    """

    n: int
    inside: Measured | None
    area: float
    hits: Measured | None


_network: Network
_preparation: FilmPreparation


def _load(graph: Path, parameters: PreprocessingParameters, lungs: Path) -> None:
    global _network, _preparation
    _network, _preparation = Network(graph), FilmPreparation(parameters, lungs)


def _look(path: Path) -> Look | str:
    try:
        film, box = _preparation.prepare(read_raster(path).pixels)
    except Exception as error:  # whatever a decoder raises on a bad file is a sentence for the list
        return f"{path}: {error}"
    parameters = _preparation.parameters
    usual = parameters.crop == "film" or box != parameters.box()
    return Look(activation_map(_network.run(film.pixels)), box, usual)


def looks_at(
    bundle: Bundle,
    paths: Sequence[Path],
    *,
    processes: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Look]:
    """The map of each film, in order. Raises ManifestError naming every film that cannot be read."""
    if not paths:
        return []
    parameters = PreprocessingParameters.from_card(bundle.card["preprocessing"])
    workers = max(1, min(processes or os.cpu_count() or 1, len(paths)))
    looks, problems = list[Look](), list[str]()
    start = (bundle.graph, parameters, bundle.lungs)
    with multiprocessing.get_context("spawn").Pool(workers, _load, start) as pool:
        for number, result in enumerate(pool.imap(_look, paths, chunksize=8), 1):
            if isinstance(result, str):
                problems.append(result)
            else:
                looks.append(result)
            progress(number)
    if problems:
        raise ManifestError(problems)
    return looks


def cells_of(films: Sequence[Film], *, most: int = MOST_FOR_MEAN) -> dict[tuple[str, str], list[int]]:
    """Positions of films by (source, label), at most so many of each, taken evenly along the list."""
    cells = defaultdict[tuple[str, str], list[int]](list)
    for position, film in enumerate(films):
        cells[film.source, film.label].append(position)
    return {
        cell: [
            places[k] for k in np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).astype(int))
        ]
        for cell, places in sorted(cells.items())
    }


def mean_map(looks: Sequence[Look]) -> tuple[NDArray[np.float32], int] | None:
    """The mean of the maps whose box is the usual one, and how many these are; None for fewer than 20: a mean
    of many films shows none of them."""
    maps = [look.activation for look in looks if look.usual]
    if len(maps) < LEAST_FOR_MEAN:
        return None
    return np.mean(maps, axis=0, dtype=np.float32), len(maps)


def read_regions(path: Path) -> list[DrawnFilm]:
    """The films on which regions were drawn, from `file` and the columns of OPACITIES and LUNGS.

    A cell is empty where a film has no such region. Raises ManifestError where the table cannot be read or
    names files that are not there.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError([f"{path}: the regions cannot be read ({error})"]) from error

    def masks(row: dict[str, str], names: Sequence[str]) -> tuple[Path, ...]:
        return tuple(path.parent / row[name] for name in names if row.get(name))

    films = [
        DrawnFilm(row["file"], path.parent / row["file"], masks(row, LUNGS), masks(row, OPACITIES))
        for row in rows
        if row.get("file")
    ]
    if not films:
        raise ManifestError([f"{path}: no film with drawn regions (columns: file, {', '.join(OPACITIES)})"])
    missing = [
        f"{file}: no such file"
        for film in films
        for file in (film.path, *film.lungs, *film.opacities)
        if not file.is_file()
    ]
    if missing:
        raise ManifestError(missing)
    return films


def of_manifest(films: Sequence[DrawnFilm], manifest: Manifest) -> list[Film]:
    """What the manifest knows of each drawn film; one that it does not have is of no split and no patient."""
    known = {manifest.path(film).resolve(): film for film in manifest.films}
    return [known.get(film.path.resolve(), Film(film.file, "", "")) for film in films]


def agreement(
    looks: Sequence[Look], regions: Sequence[Sequence[Path]], groups: Sequence[str], *, resamples: int
) -> Agreement:
    """How maps agree with regions (mask files of one film each, taken together); films without any, or whose
    map is empty, do not count."""
    rows, patients = list[tuple[float, float, float]](), list[str]()
    for look, files, patient in zip(looks, regions, groups, strict=True):
        overlap = _overlap(look, files) if files else None
        if overlap:
            rows.append(overlap)
            patients.append(patient)
    values = np.array(rows).reshape(len(rows), 3)

    def mean(column: int) -> Measured | None:
        return measured(lambda k: float(values[k, column].mean()), patients, resamples=resamples)

    return Agreement(len(rows), mean(0), float(values[:, 1].mean()) if rows else float("nan"), mean(2))


def _overlap(look: Look, files: Sequence[Path]) -> tuple[float, float, float] | None:
    """Share of the map's mass inside the region, of the seen box that the region covers, 1 for a hit."""
    masks = []
    for file in files:
        with Image.open(file) as picture:
            masks.append(np.asarray(picture.convert("L")) > 127)
    region = np.logical_or.reduce(masks)
    height, width = region.shape
    left, top, right, bottom = look.box
    seen = np.zeros(region.shape, dtype=bool)
    seen[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = True
    frame = film_frame(look.activation, width=width, height=height, box=look.box)
    if not frame.any() or not (region & seen).any():
        return None
    peak = np.unravel_index(int(frame.argmax()), frame.shape)
    return float(frame[region].sum() / frame.sum()), float(region[seen].mean()), float(region[peak])

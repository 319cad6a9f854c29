"""Where the network looked: maps of many films, their means, and how they agree with drawn regions."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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
from research.model_card.figures import mean, patients_of

LEAST_FOR_MEAN: Final = 20  # a mean of fewer films might still show one of them
MOST_FOR_MEAN: Final = 100
REGIONS: Final = {"opacities": ("ground_glass", "consolidation"), "lungs": ("left_lung", "right_lung")}


@dataclass(frozen=True)
class Look:
    """Of one film: the activation map, float32 (h, w), 0-1, as `network.activation_map` makes it, the box of
    the film that it covers, and whether that box is where such boxes usually are (lungs were found)."""

    activation: NDArray[np.float32]
    box: Box
    usual: bool


@dataclass(frozen=True)
class DrawnFilm:
    """A row of regions.csv: the film, and the masks of its regions by their name in REGIONS."""

    path: Path
    masks: dict[str, tuple[Path, ...]]


def looks_at(bundle: Bundle, paths: Iterable[Path]) -> list[Look]:
    """The map of each film, in order. Raises ManifestError naming every film that cannot be read."""
    parameters = PreprocessingParameters.from_card(bundle.card["preprocessing"])
    network, preparation = Network(bundle.graph), FilmPreparation(parameters, bundle.lungs)
    looks, problems = list[Look](), list[str]()
    for path in paths:
        try:
            film, box = preparation.prepare(read_raster(path).pixels)
        except Exception as error:  # whatever a decoder raises on a bad file is a sentence for the list
            problems.append(f"{path}: {error}")
            continue
        usual = parameters.crop == "film" or box != parameters.box()
        looks.append(Look(activation_map(network.run(film.pixels)), box, usual))
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


def mean_maps(
    bundle: Bundle, manifest: Manifest, films: Sequence[Film]
) -> dict[tuple[str, str], tuple[NDArray[np.float32], int] | None]:
    """The mean map by (source, label), None where there are too few films for one."""
    return {
        cell: mean_map(looks_at(bundle, [manifest.path(films[place]) for place in places]))
        if len(places) >= LEAST_FOR_MEAN
        else None
        for cell, places in cells_of(films).items()
    }


def read_regions(path: Path) -> list[DrawnFilm]:
    """The films on which regions were drawn, from `file` and the columns of REGIONS.

    A cell is empty where a film has no such region. Raises ManifestError where the table cannot be read or
    names files that are not there.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError([f"{path}: the regions cannot be read ({error})"]) from error
    films = [
        DrawnFilm(
            path.parent / row["file"],
            {
                region: tuple(path.parent / row[column] for column in columns if row.get(column))
                for region, columns in REGIONS.items()
            },
        )
        for row in rows
        if row.get("file")
    ]
    if not films:
        columns = ", ".join(REGIONS["opacities"])
        raise ManifestError([f"{path}: no film with drawn regions (columns: file, {columns})"])
    files = [file for film in films for file in (film.path, *film.masks["lungs"], *film.masks["opacities"])]
    missing = [f"{file}: no such file" for file in files if not file.is_file()]
    if missing:
        raise ManifestError(missing)
    return films


def agreements(
    bundle: Bundle, manifest: Manifest, drawn: Sequence[DrawnFilm], *, resamples: int
) -> dict[str, Any]:
    """How the maps of drawn films agree with each kind of region (`agreement`, in `regions`), how many of
    them training saw, and which regions chance may hit as well (`blind`); empty where nothing is drawn."""
    if not drawn:
        return {}
    known = {manifest.path(film).resolve(): film for film in manifest.films}
    films = [known.get(each.path.resolve(), Film(str(each.path), "", "")) for each in drawn]
    looks, patients = looks_at(bundle, [each.path for each in drawn]), patients_of(films)
    regions = {
        region: agreement(looks, [each.masks[region] for each in drawn], patients, resamples=resamples)
        for region in REGIONS
    }
    return {
        "n": len(films),
        "trained_on": sum(film.split == "train" for film in films),
        "regions": regions,
        "blind": [
            region
            for region, found in regions.items()
            if found["hits"]["value"] is not None and found["hits"]["low"] <= found["area"]["value"]
        ],
    }


def agreement(
    looks: Sequence[Look],
    regions: Sequence[Sequence[Path]],
    patients: NDArray[np.str_],
    *,
    resamples: int,
) -> dict[str, Any]:
    """How maps agree with regions (mask files of one film each, taken together); films without any, or whose
    map is empty, do not count.

    hits: share of films whose map peaks inside (the pointing game of Zhang et al. 2018, without a margin).
    inside: share of a map's mass inside the region. area: share of what the network saw that the region
    covers, which is what a map that knows nothing would reach in both.
    """
    overlaps = [_overlap(look, files) if files else None for look, files in zip(looks, regions, strict=True)]
    counted = [k for k, overlap in enumerate(overlaps) if overlap]
    values = np.array([overlaps[k] for k in counted], dtype=float).reshape(len(counted), 3)
    columns = zip(("inside", "area", "hits"), values.T, strict=True)
    return {name: mean(column, patients[counted], resamples=resamples) for name, column in columns}


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

"""The films of a run, decoded once: what the network sees of each, and where its lungs lie."""

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.cnn.evaluation.manifest import Film, Manifest, ManifestError
from diagnosis.cnn.lungs import BOX_RULE, LungFinder
from diagnosis.cnn.preprocessing import PreprocessingParameters, to_grey_levels
from diagnosis.cnn.training.data.corruptions import MACHINES_VERSION, by_another_machine
from diagnosis.imaging.raster import read_raster

MASK_SIDE: Final = 48
_ARRAYS: Final = ("films", "changed", "lungs")


@dataclass(frozen=True)
class FilmArray:
    """Decoded films, in the order of `films`.

    pixels: uint8 (n, size, size), as the network sees them. changed: the same films by another machine (one
    of corruptions.MACHINES each, at random), in the same frame. masks: uint8 (n, 48, 48), 0-255, the lungs in
    that frame; all zero where none were found. labels: int32 (n,), positions in the task's findings.
    """

    films: tuple[Film, ...]
    pixels: NDArray[np.uint8]
    changed: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    labels: NDArray[np.int32]


def film_array(
    manifest: Manifest,
    films: Sequence[Film],
    parameters: PreprocessingParameters,
    *,
    findings: Sequence[str],
    lungs: Path,
    cache: Path,
) -> FilmArray:
    """Decode (or take from the cache) every film; ManifestError names each that cannot be read."""
    pixels, changed, masks = decoded(manifest, films, parameters, lungs=lungs, cache=cache)
    return FilmArray(
        films=tuple(films),
        pixels=pixels,
        changed=changed,
        masks=masks,
        labels=np.array([list(findings).index(film.label) for film in films], dtype=np.int32),
    )


def decoded(
    manifest: Manifest,
    films: Sequence[Film],
    parameters: PreprocessingParameters,
    *,
    lungs: Path,
    cache: Path,
) -> tuple[NDArray[np.uint8], ...]:
    """Pixels of films, of their changed copies, and masks, from `cache`, made by all cores the first time.

    The cache is keyed by every film's path, size and time, the parameters and the lung network: a change to
    any decodes again, and runs on different parts of a manifest share their films.
    Raises ManifestError naming every film that cannot be decoded.
    """
    every = manifest.films
    stats = [manifest.path(film).stat() for film in every]
    files = [[film.file, s.st_size, s.st_mtime_ns] for film, s in zip(every, stats, strict=True)]
    network = hashlib.sha256(lungs.read_bytes()).hexdigest()
    key = json.dumps(
        [str(manifest.folder.resolve()), files, parameters.to_card(), network, BOX_RULE, MACHINES_VERSION]
    )
    folder = cache / f"films-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if not folder.exists():
        _decode_all([manifest.path(film) for film in every], parameters, lungs, folder)
    place = {film.file: number for number, film in enumerate(every)}
    rows = np.array([place[film.file] for film in films], dtype=np.intp)
    return tuple(np.load(folder / f"{name}.npy", mmap_mode="r")[rows] for name in _ARRAYS)


def _decode_all(
    paths: Sequence[Path], parameters: PreprocessingParameters, lungs: Path, folder: Path
) -> None:
    LungFinder(lungs)  # loaded here first: a pool restarts a process that cannot start, without end
    partial = folder.with_suffix(f".partial-{os.getpid()}")
    partial.mkdir(parents=True)
    arrays = [
        np.lib.format.open_memmap(
            partial / f"{name}.npy", mode="w+", dtype=np.uint8, shape=(len(paths), side, side)
        )
        for name, side in zip(_ARRAYS, (parameters.size, parameters.size, MASK_SIDE), strict=True)
    ]
    problems, start = [], (parameters, lungs)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), _prepare, start) as pool:
        for number, result in enumerate(pool.imap(_decode, enumerate(paths), chunksize=32)):
            if isinstance(result, str):
                problems.append(result)
                continue
            for array, part in zip(arrays, result, strict=True):
                array[number] = part
    for array in arrays:
        array.flush()
    if problems:
        shutil.rmtree(partial)
        raise ManifestError(problems)
    try:
        partial.rename(folder)
    except OSError:  # another run was faster; its films are the same
        shutil.rmtree(partial)


_parameters: PreprocessingParameters
_finder: LungFinder


def _prepare(parameters: PreprocessingParameters, lungs: Path) -> None:
    global _parameters, _finder
    _parameters, _finder = parameters, LungFinder(lungs)


def _decode(numbered: tuple[int, Path]) -> tuple[NDArray[np.uint8], ...] | str:
    number, path = numbered
    try:
        pixels = read_raster(path).pixels
        fields = _finder.find(pixels)
        film = to_grey_levels(pixels, _parameters, fields.box)
        other = by_another_machine(pixels, np.random.default_rng(number))
        changed = to_grey_levels(other, _parameters, fields.box)
    except Exception as error:  # whatever a decoder raises on a bad file is a sentence for the list
        return f"{path}: {error}"
    if not fields.found:
        return film, changed, np.zeros((MASK_SIDE, MASK_SIDE), np.uint8)
    return film, changed, mask_in_box(fields.mask, _parameters.box(fields.box))


def mask_in_box(mask: NDArray[np.float32], box: Any) -> NDArray[np.uint8]:
    """A mask (48, 48), 0-1, of the whole film, seen through a box of it, uint8 (48, 48), 0-255."""
    left, top, right, bottom = (share * len(mask) for share in box)
    image = Image.fromarray(np.ascontiguousarray(mask, dtype=np.float32))
    seen = image.resize((MASK_SIDE, MASK_SIDE), Image.Resampling.BILINEAR, box=(left, top, right, bottom))
    return np.asarray(np.rint(255 * np.clip(np.asarray(seen), 0, 1)), dtype=np.uint8)

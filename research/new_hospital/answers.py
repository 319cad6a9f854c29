"""Answers of a bundle to films as they are and after changes, from processes that each load it once."""

import multiprocessing
import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.cnn.bundle import Bundle, BundleCorrupt
from diagnosis.cnn.evaluation.manifest import ManifestError
from diagnosis.cnn.lungs import FilmPreparation, LungFinder
from diagnosis.cnn.network import Network
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.data.corruptions import CHANGES
from diagnosis.imaging.raster import read_raster
from research.shortcuts.occlusion import painted, widened

AS_IT_IS: Final = "as_it_is"
LUNGS_BLACK: Final = "lungs_black"

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Job:
    """A film and the changes to answer it after, by name: of CHANGES, AS_IT_IS or LUNGS_BLACK."""

    path: Path
    changes: tuple[str, ...]


_network: Network
_preparation: FilmPreparation
_finder: LungFinder


def _load(graph: Path, parameters: PreprocessingParameters, lungs: Path) -> None:
    global _network, _preparation, _finder
    _network, _preparation, _finder = Network(graph), FilmPreparation(parameters, lungs), LungFinder(lungs)


def _answer(job: Job) -> NDArray[np.float32] | str:
    try:
        pixels = read_raster(job.path).pixels
        film = Image.fromarray(np.rint(pixels * 255).astype(np.uint8))
        seed = zlib.crc32(job.path.name.encode())
        answers = [_answer_changed(pixels, film, change, seed) for change in job.changes]
    except Exception as error:  # whatever a decoder raises on a bad file is a sentence for the list
        return str(error) or type(error).__name__
    return np.stack([np.full(_network.classes, np.nan, np.float32) if a is None else a for a in answers])


def _answer_changed(pixels: Pixels, film: Image.Image, change: str, seed: int) -> Pixels | None:
    """Probabilities (classes,); None where a film's lungs are to be blackened and were not found.

    A changed film's lungs are looked for anew, as they would be in another machine's film; one without
    lungs is framed as it was with them.
    """
    if change == AS_IT_IS:
        return _network.run(_preparation.prepare(pixels)[0].pixels).probabilities
    if change == LUNGS_BLACK:
        fields = _finder.find(pixels)
        if not fields.found:
            return None
        black = painted(pixels, widened(fields.mask, pixels.shape))[LUNGS_BLACK]
        return _network.run(_preparation.prepare(black, fields.box)[0].pixels).probabilities
    changed = np.asarray(CHANGES[change](film, np.random.default_rng(seed)), dtype=np.float32)
    return _network.run(_preparation.prepare(changed / np.float32(255))[0].pixels).probabilities


def answer(
    bundle: Bundle,
    jobs: Sequence[Job],
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[NDArray[np.float32]]:
    """For each job, probabilities (changes, classes); nan where lungs to be blackened were not found.

    progress: gets films done and films in all. Raises ManifestError naming every file that cannot be read,
    and BundleCorrupt where the bundle's networks cannot be loaded.
    """
    try:
        start = bundle.graph, PreprocessingParameters.from_card(bundle.card["preprocessing"]), bundle.lungs
        # Loaded here first: a pool restarts a process that cannot start, without end.
        Network(bundle.graph), FilmPreparation(start[1], bundle.lungs), LungFinder(bundle.lungs)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise BundleCorrupt(f"{bundle.path}: the bundle cannot be loaded ({error})") from error
    if not jobs:
        return []
    rows, problems = list[NDArray[np.float32]](), list[str]()
    workers = max(1, min(processes or os.cpu_count() or 1, len(jobs)))
    with multiprocessing.get_context("spawn").Pool(workers, _load, start) as pool:
        for number, result in enumerate(pool.imap(_answer, jobs, chunksize=4)):
            if isinstance(result, str):
                problems.append(f"{jobs[number].path}: {result}")
            else:
                rows.append(result)
            progress(number + 1, len(jobs))
    if problems:
        raise ManifestError(problems)
    return rows

"""Answers of a bundle's graph to many films, from processes that each load it once, as workers do."""

import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.lungs import FilmPreparation
from diagnosis.cnn.network import Network
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.imaging.raster import read_raster


@dataclass(frozen=True)
class Answers:
    """For each film, in order: probabilities (n, classes), logits (n, classes), gate features (n, d).

    problems: a sentence for each film that could not be read, by its position; its rows are nan.
    """

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]
    gate: NDArray[np.float32]
    problems: dict[int, str]


_network: Network
_preparation: FilmPreparation


def _load(graph: Path, parameters: PreprocessingParameters, lungs: Path) -> None:
    global _network, _preparation
    _network, _preparation = Network(graph), FilmPreparation(parameters, lungs)


def _answer(path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]] | str:
    try:
        film, _ = _preparation.prepare(read_raster(path).pixels)
    except Exception as error:  # whatever a decoder raises on a bad file is a sentence for the list
        return str(error) or type(error).__name__
    answer = _network.run(film.pixels)
    return answer.probabilities, answer.logits, answer.gate


def answer_films(
    graph: Path,
    parameters: PreprocessingParameters,
    paths: Sequence[Path],
    *,
    lungs: Path,
    processes: int | None = None,
) -> Answers:
    """Read, preprocess and run every film; a file that cannot be read becomes a problem, not an exception.

    lungs: the lung network's graph. Raises ValueError or OSError where the networks cannot be loaded.
    """
    # Loaded here first: a pool restarts a process that cannot start, without end.
    Network(graph), FilmPreparation(parameters, lungs)
    problems, rows = dict[int, str](), list[tuple[NDArray[np.float32], ...] | None]()
    workers = max(1, min(processes or os.cpu_count() or 1, len(paths)))
    with multiprocessing.get_context("spawn").Pool(workers, _load, (graph, parameters, lungs)) as pool:
        for number, result in enumerate(pool.imap(_answer, paths, chunksize=8)):
            if isinstance(result, str):
                problems[number] = result
            rows.append(None if isinstance(result, str) else result)
    # The graph decides how wide an answer is; if no film could be read, the width is 0.
    answered = next((row for row in rows if row), (np.empty(0, np.float32),) * 3)
    nothing = tuple(np.full_like(part, np.nan) for part in answered)
    probabilities, logits, gate = (np.stack([(row or nothing)[k] for row in rows]) for k in range(3))
    return Answers(probabilities, logits, gate, problems)

"""Answers of a bundle's graph to many films, from processes that each load it once, as workers do."""

import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.lungs import FilmPreparation
from diagnosis.cnn.network import Network
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.uncertainty import augmented
from diagnosis.imaging.raster import read_raster


@dataclass(frozen=True)
class Answers:
    """For each film, in order: probabilities (n, classes), logits (n, classes), gate features (n, d), and
    p_abnormal of its looks (n, 3), the plain one first, (n, 1) if no more were asked for.

    problems: a sentence for each film that could not be read, by its position; its rows are nan.
    """

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]
    gate: NDArray[np.float32]
    problems: dict[int, str]
    looks: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))


_network: Network
_preparation: FilmPreparation
_looks: bool


def _load(graph: Path, parameters: PreprocessingParameters, lungs: Path, looks: bool) -> None:
    global _network, _preparation, _looks
    _network, _preparation, _looks = Network(graph), FilmPreparation(parameters, lungs), looks


def _answer(path: Path) -> tuple[NDArray[np.floating], ...] | str:
    try:
        film, _ = _preparation.prepare(read_raster(path).pixels)
    except Exception as error:  # whatever a decoder raises on a bad file is a sentence for the list
        return str(error) or type(error).__name__
    answer = _network.run(film.pixels)
    others = [_network.run(look) for look in augmented(film.pixels)] if _looks else []
    looks = np.array([1.0 - float(look.probabilities[-1]) for look in (answer, *others)])
    return answer.probabilities, answer.logits, answer.gate, looks


def answer_films(
    graph: Path,
    parameters: PreprocessingParameters,
    paths: Sequence[Path],
    *,
    lungs: Path,
    processes: int | None = None,
    looks: bool = False,
) -> Answers:
    """Read, preprocess and run every film; a file that cannot be read becomes a problem, not an exception.

    lungs: the lung network's graph. looks: ask for two more looks at each film, too. Raises ValueError or
    OSError where the networks cannot be loaded.
    """
    # Loaded here first: a pool restarts a process that cannot start, without end.
    Network(graph), FilmPreparation(parameters, lungs)
    problems, rows = dict[int, str](), list[tuple[NDArray[np.floating], ...] | None]()
    workers = max(1, min(processes or os.cpu_count() or 1, len(paths)))
    with multiprocessing.get_context("spawn").Pool(workers, _load, (graph, parameters, lungs, looks)) as pool:
        for number, result in enumerate(pool.imap(_answer, paths, chunksize=8)):
            if isinstance(result, str):
                problems[number] = result
            rows.append(None if isinstance(result, str) else result)
    # The graph decides how wide an answer is; if no film could be read, the width is 0.
    answered = next((row for row in rows if row), (np.empty(0, np.float32),) * 4)
    nothing = tuple(np.full_like(part, np.nan) for part in answered)
    probabilities, logits, gate, seen = (np.stack([(row or nothing)[k] for row in rows]) for k in range(4))
    return Answers(probabilities, logits, gate, problems, seen)

"""What a bundle's graph answers for many films, by processes that each load it once, as workers do."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.classifier import Network
from diagnosis.cnn.preprocessing import PreprocessingParameters, to_network_input
from diagnosis.imaging.raster import read_raster


@dataclass(frozen=True)
class Answers:
    """For each film, in order: probabilities (n, 3), logits (n, 3), gate features (n, 672).

    problems: a sentence for each film that could not be read, by its position; its rows are nan.
    """

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]
    gate: NDArray[np.float32]
    problems: dict[int, str]


GATE_FEATURES: Final = 672

_network: Network
_parameters: PreprocessingParameters


def _load(graph: Path, parameters: PreprocessingParameters) -> None:
    global _network, _parameters
    _network, _parameters = Network(graph), parameters


def _answer(path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]] | str:
    try:
        film = to_network_input(read_raster(path).pixels, _parameters)
    except Exception as error:  # whatever a decoder raises on a bad file is a sentence for the list
        return str(error) or type(error).__name__
    answer = _network.run(film.pixels)
    return answer.probabilities, answer.logits, answer.gate


def answer_films(
    graph: Path,
    parameters: PreprocessingParameters,
    paths: Sequence[Path],
    *,
    processes: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Answers:
    """Read, preprocess and run every film; a file that cannot be read becomes a problem, not an exception."""
    problems, rows = dict[int, str](), list[tuple[NDArray[np.float32], ...]]()
    nothing = tuple(np.full(size, np.nan, dtype=np.float32) for size in (3, 3, GATE_FEATURES))
    workers = max(1, min(processes or os.cpu_count() or 1, len(paths)))
    with multiprocessing.get_context("spawn").Pool(workers, _load, (graph, parameters)) as pool:
        for number, result in enumerate(pool.imap(_answer, paths, chunksize=8)):
            if isinstance(result, str):
                problems[number] = result
            rows.append(nothing if isinstance(result, str) else result)
            progress(number + 1)
    probabilities, logits, gate = (np.stack([row[k] for row in rows]) for k in range(3))
    return Answers(probabilities, logits, gate, problems)

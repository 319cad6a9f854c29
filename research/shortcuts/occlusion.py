"""Answers of a bundle to films with the lungs, or all but the lungs, painted over, and to degraded films."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from diagnosis.cnn.bundle import Bundle, BundleCorrupt
from diagnosis.cnn.lungs import FilmPreparation, LungFinder
from diagnosis.cnn.network import Network
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.data.corruptions import MEASURED
from diagnosis.imaging.raster import read_raster

VARIANTS: Final = ("untouched", "lungs_black", "lungs_grey", "only_lungs")
WIDER: Final = 1  # cells of the lung mask, of which a film has 48 along each side


@dataclass(frozen=True)
class PaintedAnswers:
    """For each film, in order: features pooled (n, c) and gate (n, d) of the film itself; probabilities
    (n, 4, classes) of its VARIANTS and worse (n, 5, classes) of the film after each of the MEASURED changes,
    nan for those that were not made; found (n,), whether its lungs were. problems: a sentence for each film
    that could not be read, by its position; its rows are nan."""

    pooled: NDArray[np.float32]
    gate: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    worse: NDArray[np.float32]
    found: NDArray[np.bool_]
    problems: dict[int, str]


@dataclass(frozen=True)
class _Answer:
    pooled: NDArray[np.float32]
    gate: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    worse: NDArray[np.float32]
    found: bool


def widened(mask: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Lung mask (n, n), 0-1, of a whole film -> where lung is or nearly is on it, bool (height, width).

    What lies over one half counts, and WIDER cells more on each side.
    """
    cells = Image.fromarray(np.where(mask > 0.5, 255, 0).astype(np.uint8))
    wide = cells.filter(ImageFilter.MaxFilter(2 * WIDER + 1))
    height, width = shape
    return np.asarray(wide.resize((width, height), Image.Resampling.BILINEAR)) > 127


def painted(pixels: NDArray[np.float32], lungs: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
    """The variants of a film (height, width), float32 0-1, that hide something: the lungs in black, the lungs
    in the film's mean grey, everything but the lungs in black."""
    black = np.float32(0)
    return {
        "lungs_black": np.where(lungs, black, pixels),
        "lungs_grey": np.where(lungs, pixels.mean(dtype=np.float32), pixels),
        "only_lungs": np.where(lungs, pixels, black),
    }


_network: Network
_preparation: FilmPreparation
_finder: LungFinder


def _load(graph: Path, parameters: PreprocessingParameters, lungs: Path) -> None:
    global _network, _preparation, _finder
    _network, _preparation, _finder = Network(graph), FilmPreparation(parameters, lungs), LungFinder(lungs)


def _answer(job: tuple[Path, bool]) -> _Answer | str:
    path, judged = job
    try:
        pixels = read_raster(path).pixels
        fields = _finder.find(pixels)
        film, _ = _preparation.prepare(pixels, fields.box)
    except Exception as error:  # whatever a decoder raises on a bad file is a sentence for the list
        return str(error) or type(error).__name__
    plain = _network.run(film.pixels)
    probabilities = np.full((len(VARIANTS), len(plain.probabilities)), np.nan, dtype=np.float32)
    probabilities[0] = plain.probabilities
    worse = np.full((len(MEASURED), len(plain.probabilities)), np.nan, dtype=np.float32)
    if judged:
        worse[:] = [_network.run(seen).probabilities for seen in _changed(pixels)]
    if judged and fields.found:
        variants = painted(pixels, widened(fields.mask, pixels.shape))
        for place, name in enumerate(VARIANTS[1:], 1):
            film, _ = _preparation.prepare(variants[name], fields.box)  # framed as the film itself
            probabilities[place] = _network.run(film.pixels).probabilities
    return _Answer(plain.pooled, plain.gate, probabilities, worse, fields.found)


def _changed(pixels: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """What the network sees of a film after each of the MEASURED changes; its lungs are looked for anew."""
    film = Image.fromarray(np.rint(pixels * 255).astype(np.uint8))
    for change in MEASURED.values():
        changed = np.asarray(change(film, np.random.default_rng(0)), dtype=np.float32)
        yield _preparation.prepare(changed / np.float32(255))[0].pixels


def answer_painted(
    bundle: Bundle,
    jobs: Sequence[tuple[Path, bool]],
    *,
    processes: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> PaintedAnswers:
    """Read each film once and run it, and where its job says so its painted and degraded copies too.

    A file that cannot be read becomes a problem, not an exception. Raises BundleCorrupt where the bundle's
    networks cannot be loaded.
    """
    start = _start_of(bundle)
    problems, rows = dict[int, str](), list[_Answer | None]()
    workers = max(1, min(processes or os.cpu_count() or 1, len(jobs)))
    with multiprocessing.get_context("spawn").Pool(workers, _load, start) as pool:
        for number, result in enumerate(pool.imap(_answer, jobs, chunksize=8)):
            if isinstance(result, str):
                problems[number] = result
            rows.append(None if isinstance(result, str) else result)
            progress(number + 1)
    return _stacked(rows, len(bundle.findings), problems)


def _start_of(bundle: Bundle) -> tuple[Path, PreprocessingParameters, Path]:
    """What each process loads; loaded here first, since a pool restarts a process that fails, without end."""
    try:
        parameters = PreprocessingParameters.from_card(bundle.card["preprocessing"])
        LungFinder(bundle.lungs)
        if Network(bundle.graph).classes != len(bundle.findings):
            raise ValueError(f"its graph does not answer for {', '.join(bundle.findings)} alone")
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise BundleCorrupt(f"{bundle.path}: the bundle cannot be loaded ({error})") from error
    return bundle.graph, parameters, bundle.lungs


def _stacked(rows: Sequence[_Answer | None], classes: int, problems: dict[int, str]) -> PaintedAnswers:
    nothing = np.empty(0, np.float32)
    first = next((row for row in rows if row), _Answer(nothing, nothing, nothing, nothing, found=False))
    missing = _Answer(
        np.full_like(first.pooled, np.nan),
        np.full_like(first.gate, np.nan),
        np.full((len(VARIANTS), classes), np.nan, np.float32),
        np.full((len(MEASURED), classes), np.nan, np.float32),
        found=False,
    )
    filled = [row or missing for row in rows]
    return PaintedAnswers(
        pooled=np.stack([row.pooled for row in filled]),
        gate=np.stack([row.gate for row in filled]),
        probabilities=np.stack([row.probabilities for row in filled]),
        worse=np.stack([row.worse for row in filled]),
        found=np.array([row.found for row in filled]),
        problems=problems,
    )

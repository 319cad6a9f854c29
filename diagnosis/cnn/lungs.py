"""Finds the lungs with a small network, run before the large one.

The network was trained on 151 films of adults with drawn lungs; on anything else its result is a guess. So it
only decides which box of the film, with a margin, the large network sees; nothing inside the box is hidden,
and a box that cannot be two lungs is not used at all.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from diagnosis.cnn.preprocessing import (
    FULL_FILM,
    Box,
    NetworkInput,
    PreprocessingParameters,
    to_grey_levels,
    to_network_input,
)

# The lung network's input: the whole film, because the lungs are still to be found.
LUNG_INPUT: Final = PreprocessingParameters(size=96, border=0.0)
MARGIN: Final = 0.08  # of the lungs' own width and height, on each side
LEAST_AREA, MOST_AREA = 0.05, 0.75  # of the film; the share that two lungs can cover
LEAST_SIDE: Final = 0.28  # of the film's width and of its height
BOX_RULE: Final = (MARGIN, LEAST_AREA, MOST_AREA, LEAST_SIDE)


@dataclass(frozen=True)
class LungFields:
    """The lungs of one film.

    mask: float32 (48, 48), 0-1, the whole film squeezed to a square, row 0 at its top. box: what to look at,
    (left, top, right, bottom) as shares of width and height. found: False if the mask cannot be two
    lungs; the box is then the whole film.
    """

    mask: NDArray[np.float32]
    box: Box
    found: bool


class LungFinder:
    """The exported lung network in a LiteRT interpreter. Not thread-safe and not usable across a fork."""

    def __init__(self, graph: Path, *, threads: int = 1) -> None:
        self._interpreter = Interpreter(model_path=str(graph), num_threads=threads)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def mask(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Film pixels (height, width), float32 0-1, bone bright -> probability of lung (48, 48)."""
        film = to_grey_levels(pixels, LUNG_INPUT)
        self._interpreter.set_tensor(self._input, film[np.newaxis, ..., np.newaxis].astype(np.float32))
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output)[0, ..., 0], dtype=np.float32)

    def find(self, pixels: NDArray[np.float32]) -> LungFields:
        """The lungs of a film, float32 (height, width) 0-1, bone bright."""
        return fields_of(self.mask(pixels))


class FilmPreparation:
    """Prepares a film's pixels as the network's input, cropped to the lungs if the parameters say so.

    Serving, evaluation and training all use this. lungs: the lung network's graph, loaded if films are
    cropped to the lungs; ValueError if it cannot be.
    """

    def __init__(self, parameters: PreprocessingParameters, lungs: Path) -> None:
        self.parameters = parameters
        self._finder = LungFinder(lungs) if parameters.crop == "lungs" else None

    def find(self, pixels: NDArray[np.float32]) -> LungFields | None:
        """The lungs of a film, float32 (height, width) 0-1; None if this network looks at whole films."""
        return self._finder.find(pixels) if self._finder else None

    def prepare(self, pixels: NDArray[np.float32], lungs: Box | None = None) -> tuple[NetworkInput, Box]:
        """Film pixels (height, width), float32 0-1, bone bright -> the network's input, and which box of
        the film it shows.

        lungs: the box around them if already known, for example from before the film was painted.
        """
        if lungs is None:
            lungs = self._finder.find(pixels).box if self._finder else FULL_FILM
        return to_network_input(pixels, self.parameters, lungs), self.parameters.box(lungs)


def fields_of(mask: NDArray[np.float32]) -> LungFields:
    """The box around a mask (n, n), 0-1, with its margin; the whole film if it cannot be two lungs.

    The box leaves out 1 % of the lungs' mass on each side, so that a stray speck does not widen it.
    """
    area = float((mask > 0.5).mean())
    if not LEAST_AREA <= area <= MOST_AREA:
        return LungFields(mask, FULL_FILM, found=False)
    solid = np.where(mask > 0.5, mask, 0.0)
    left, right = _extent(solid.sum(axis=0))
    top, bottom = _extent(solid.sum(axis=1))
    if right - left < LEAST_SIDE or bottom - top < LEAST_SIDE:
        return LungFields(mask, FULL_FILM, found=False)
    across, down = MARGIN * (right - left), MARGIN * (bottom - top)
    box = (max(0.0, left - across), max(0.0, top - down), min(1.0, right + across), min(1.0, bottom + down))
    return LungFields(mask, box, found=True)


def _extent(profile: NDArray[np.floating]) -> tuple[float, float]:
    """The 1st and 99th percentile of a profile's mass, as shares 0-1 of its length."""
    cumulative = np.concatenate(([0.0], np.cumsum(profile))) / profile.sum()
    edges = np.arange(len(cumulative)) / len(profile)
    low, high = np.interp((0.01, 0.99), cumulative, edges)
    return float(low), float(high)

"""Where the lungs lie: a small network of its own, run before the large one looks.

The network was trained on 151 films with drawn lungs, all of adults; on anything else its fields are a guess.
So nothing outside them is ever hidden from the network that reads the film: the fields only decide which box
of the film it sees, with a margin, and a box that cannot be two lungs is not used at all.
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

# What the lung network is fed: the whole film, since nobody knows yet where the lungs lie.
LUNG_INPUT: Final = PreprocessingParameters(size=96, border=0.0)
MARGIN: Final = 0.08  # of the lungs' own width and height, on each side
LEAST_AREA, MOST_AREA = 0.05, 0.75  # of the film; what two lungs can cover
LEAST_SIDE: Final = 0.28  # of the film's width and of its height
BOX_RULE: Final = (MARGIN, LEAST_AREA, MOST_AREA, LEAST_SIDE)


@dataclass(frozen=True)
class LungFields:
    """The lungs of one film.

    mask: float32 (48, 48), 0-1, the whole film squeezed to a square, row 0 at its top. box: what to look at,
    (left, top, right, bottom) as shares of width and height. found: False where the mask is no two lungs;
    box is the whole film then.
    """

    mask: NDArray[np.float32]
    box: Box
    found: bool


class LungFinder:
    """The exported lung network in a LiteRT interpreter. Not for two threads at once, nor across a fork."""

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
    """From a film's pixels to the network's input, by way of the lungs where the parameters crop to them.

    Serving, evaluation and training all come through here. lungs: the lung network's graph, loaded where
    films are cropped to the lungs; ValueError where it cannot be.
    """

    def __init__(self, parameters: PreprocessingParameters, lungs: Path) -> None:
        self.parameters = parameters
        self._finder = LungFinder(lungs) if parameters.crop == "lungs" else None

    def prepare(self, pixels: NDArray[np.float32], lungs: Box | None = None) -> tuple[NetworkInput, Box]:
        """Film pixels (height, width), float32 0-1, bone bright -> the network's input, and which box of
        the film it shows.

        lungs: the box around them where it is known already, such as that of the film before it was painted.
        """
        if lungs is None:
            lungs = self._finder.find(pixels).box if self._finder else FULL_FILM
        return to_network_input(pixels, self.parameters, lungs), self.parameters.box(lungs)


def fields_of(mask: NDArray[np.float32]) -> LungFields:
    """The box around a mask (n, n), 0-1, with its margin; the whole film where it cannot be two lungs.

    The box ends where 1 % of the lungs' mass is left on each side: a stray speck must not widen it.
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
    """Where the first and the last hundredth of a profile's mass end, as shares 0-1 of its length."""
    cumulative = np.concatenate(([0.0], np.cumsum(profile))) / profile.sum()
    edges = np.arange(len(cumulative)) / len(profile)
    low, high = np.interp((0.01, 0.99), cumulative, edges)
    return float(low), float(high)

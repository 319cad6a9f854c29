"""The film checks' network: what a picture shows, which way up, negative or mirrored, in one short look."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from diagnosis.cnn.preprocessing import PreprocessingParameters, to_grey_levels

KINDS: Final = ("frontal", "lateral", "other", "part", "several", "photographed")
# The whole film: what is wrong with it may lie at its edge.
CHECKS_INPUT: Final = PreprocessingParameters(size=128, border=0.0)
OUTPUTS: Final = ("kind", "inverted", "turned", "mirrored")


@dataclass(frozen=True)
class Look:
    """What the network says of a picture, as probabilities.

    kind: of each of KINDS, one sum. turned: that it came turned clockwise by 0, 90, 180, 270 degrees.
    """

    kind: dict[str, float]
    inverted: float
    turned: tuple[float, float, float, float]
    mirrored: float

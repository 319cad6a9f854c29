"""The film checks' network: what a picture shows, which way up, negative or mirrored, in one short look."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from diagnosis.cnn.preprocessing import PreprocessingParameters, to_grey_levels

CHECKS_VERSION: Final = 1
KINDS: Final = ("frontal", "lateral", "other", "part", "several", "photographed")
# The whole film: what is wrong with it may lie at its edge.
CHECKS_INPUT: Final = PreprocessingParameters(size=128, border=0.0)
OUTPUTS: Final = {"inverted": 1, "kind": len(KINDS), "mirrored": 1, "turned": 4}  # name -> values
LIMITS: Final = ("refuse", "correct", "confirm", "suspect", "mirrored", "caution")


@dataclass(frozen=True)
class Look:
    """What the network says of a picture, as probabilities.

    kind: of each of KINDS. turned: that it came turned clockwise by 0, 90, 180 and 270 degrees.
    """

    kind: dict[str, float]
    inverted: float
    turned: tuple[float, ...]
    mirrored: float

    def agrees_with(self, limit: float) -> bool:
        """Whether the film stands upright and bone is bright, each at least this probable."""
        return self.turned[0] >= limit and 1 - self.inverted >= limit


class FilmChecks:
    """The exported network in a LiteRT interpreter, with its limits. Not usable across a fork.

    checksum: the SHA-256 of its card, which holds the graph's. Raises ValueError where the two do not belong
    together or this release does not know them.
    """

    def __init__(self, graph: Path, card: Path) -> None:
        written = card.read_bytes()
        self.checksum = hashlib.sha256(written).hexdigest()
        self.limits = _limits(json.loads(written), graph)
        self._interpreter = Interpreter(model_path=str(graph), num_threads=1)
        self._runner = self._interpreter.get_signature_runner()
        sizes = {name: value["shape"][-1] for name, value in self._runner.get_output_details().items()}
        if sizes != OUTPUTS:
            raise ValueError(f"{graph.name} answers with {sizes}, not {OUTPUTS}")

    def look(self, pixels: NDArray[np.float32]) -> Look:
        """What a picture, float32 (height, width) 0-1, shows."""
        film = to_grey_levels(pixels, CHECKS_INPUT)
        said = self._runner(film=film[np.newaxis, ..., np.newaxis].astype(np.float32))
        kind, turned = (said[name][0].tolist() for name in ("kind", "turned"))
        return Look(
            dict(zip(KINDS, kind, strict=True)),
            inverted=float(said["inverted"][0, 0]),
            turned=tuple(turned),
            mirrored=float(said["mirrored"][0, 0]),
        )


def _limits(card: Mapping[str, Any], graph: Path) -> dict[str, float]:
    """The limits of a card that belongs to this graph."""
    if card.get("format_version") != CHECKS_VERSION or card.get("kinds") != list(KINDS):
        raise ValueError(f"the film checks {graph.name} are of a format that this release does not know")
    if card.get("graph_sha256") != hashlib.sha256(graph.read_bytes()).hexdigest():
        raise ValueError(f"{graph.name} is not the graph of its card")
    limits = {name: float(card["limits"][name]) for name in LIMITS}
    if not all(0.5 <= limit <= 1 for limit in limits.values()):
        raise ValueError(f"limits of film checks are 0.5 to 1, not {limits}")
    return limits

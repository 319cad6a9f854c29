"""Runs an exported graph in LiteRT on one thread: from pixels to probabilities and activation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

OUTPUTS: Final = ("probabilities", "logits", "activation", "pooled", "gate")


@dataclass(frozen=True)
class NetworkAnswer:
    """The graph's outputs for one film, float32, with the classes in the bundle's order: probabilities
    (classes,) calibrated, logits (classes,), activation (h, w, classes), pooled features (c,), features for
    the film gate (d,); h, w, c and d are the network's."""

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]
    activation: NDArray[np.float32]
    pooled: NDArray[np.float32]
    gate: NDArray[np.float32]


class Network:
    """An exported graph in a LiteRT interpreter. Not thread-safe and not usable across a fork."""

    def __init__(self, graph: Path, *, threads: int = 1) -> None:
        self._interpreter = Interpreter(model_path=str(graph), num_threads=threads)
        self._interpreter.allocate_tensors()
        runner = self._interpreter.get_signature_runner()
        (self._input,) = (details["index"] for details in runner.get_input_details().values())
        outputs = runner.get_output_details()
        self._outputs = {name: outputs[name]["index"] for name in OUTPUTS}
        self.classes = int(outputs["probabilities"]["shape"][-1])

    def run(self, pixels: NDArray[np.float32]) -> NetworkAnswer:
        """The answer for one film, float32 (size, size, 1), grey levels 0-255."""
        self._interpreter.set_tensor(self._input, pixels[np.newaxis])
        self._interpreter.invoke()
        answers = {name: self._interpreter.get_tensor(index)[0] for name, index in self._outputs.items()}
        return NetworkAnswer(**answers)


def mean_answer(looks: Sequence[NetworkAnswer], temperature: float) -> NetworkAnswer:
    """One answer from several looks at a film: the mean of their logits, divided by the temperature before
    the softmax. Activation and features stay the first look's, which is the film as it is displayed."""
    logits = np.stack([look.logits for look in looks]).mean(axis=0, dtype=np.float64)
    return replace(
        looks[0],
        logits=logits.astype(np.float32),
        probabilities=softmax(logits / temperature).astype(np.float32),
    )


def activation_map(answer: NetworkAnswer) -> NDArray[np.float32]:
    """The class activation map (Zhou et al. 2016), (h, w), 0-1, of the likelier abnormal class.

    Only what exceeds its mean is kept. Its peak is the probability of an abnormal film, so that the map of a
    normal film stays faint.
    """
    abnormal = int(answer.probabilities[:-1].argmax())
    evidence = answer.activation[..., abnormal]
    evidence = np.maximum(evidence - evidence.mean(), 0.0)
    peak = max(float(evidence.max()), 1e-6)
    return np.asarray(evidence / peak * (1.0 - answer.probabilities[-1]), dtype=np.float32)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities (classes,) from one film's logits (classes,)."""
    powers = np.exp(logits.astype(np.float64) - float(logits.max()))
    return np.asarray(powers / powers.sum())

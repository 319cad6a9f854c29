"""A bundle and a radiograph make a Classification; the graph runs in LiteRT, one thread, loaded once.

This is what workers run. Nothing here imports TensorFlow or Keras.
"""

import hashlib
import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from diagnosis.cnn.bundle import Bundle, BundleCorrupt, find_bundle, load_bundle
from diagnosis.cnn.lungs import FilmPreparation
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.quality import FilmGate, check_pixels
from diagnosis.cnn.views import Triage, other_views, settled, uncertainty
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import read_raster
from diagnosis.imaging.refusal import FilmRefused

OUTPUTS: Final = ("probabilities", "logits", "activation", "pooled", "gate")


@dataclass(frozen=True)
class NetworkAnswer:
    """What the graph gives for one film, float32, with the classes in the bundle's order: probabilities
    (classes,) calibrated, logits (classes,), activation (h, w, classes), pooled features (c,), features for
    the film gate (d,); h, w, c and d are the network's."""

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]
    activation: NDArray[np.float32]
    pooled: NDArray[np.float32]
    gate: NDArray[np.float32]


class Network:
    """An exported graph in a LiteRT interpreter. Not for two threads at once, and not across a fork."""

    def __init__(self, graph: Path, *, threads: int = 1) -> None:
        self._interpreter = Interpreter(model_path=str(graph), num_threads=threads)
        self._interpreter.allocate_tensors()
        runner = self._interpreter.get_signature_runner()
        (self._input,) = (details["index"] for details in runner.get_input_details().values())
        outputs = runner.get_output_details()
        self._outputs = {name: outputs[name]["index"] for name in OUTPUTS}
        self.classes = int(outputs["probabilities"]["shape"][-1])

    def run(self, pixels: NDArray[np.float32]) -> NetworkAnswer:
        """One film, float32 (size, size, 1), grey levels 0-255."""
        self._interpreter.set_tensor(self._input, pixels[np.newaxis])
        self._interpreter.invoke()
        answers = {name: self._interpreter.get_tensor(index)[0] for name, index in self._outputs.items()}
        return NetworkAnswer(**answers)


@dataclass(frozen=True)
class Classification:
    """What the network says about one film, with everything a Prediction stores.

    activation_map: float32 (h, w), 0-1, row 0 at the top of the film as it is displayed. It covers the box
    of the film that the network saw, `activation_box` (left, top, right, bottom as shares 0-1 of the film's
    width and height), squeezed to a square; `heatmap.overlay` puts it back into the film's frame. It shows
    what spoke for the finding; for a normal film, faintly, what spoke for the likelier abnormal one.
    operating_point: the thresholds that made the triage. film_distance: how far from known films (gate).
    uncertainty: how the answer wobbles between views of the film, see `views.uncertainty`; "unfamiliar",
    whether the film is unlike those that the network learnt from.
    timings_ms: "preprocess", "network" (the plain view) and "views" (making and running the other two).
    """

    probabilities: dict[str, float]
    raw_probabilities: dict[str, float]
    finding: str
    triage: Triage
    operating_point: dict[str, Any]
    activation_map: NDArray[np.float32]
    activation_box: tuple[float, float, float, float]
    film_distance: float
    input_sha256: str
    library_versions: dict[str, str]
    timings_ms: dict[str, float]
    uncertainty: dict[str, Any]

    @property
    def p_abnormal(self) -> float:
        """Probability of any finding but normal."""
        return 1.0 - self.probabilities["normal"]


class Classifier:
    """A loaded bundle. Make one a process, in the process that uses it (after a fork, never before).

    average_views: answer with the mean of three views of the film (its logits, before the temperature)
    instead of the plain one. The thresholds stay those that were measured on plain views.
    """

    def __init__(self, bundle: Bundle, average_views: bool = False) -> None:
        self.bundle = bundle
        self.average_views = average_views
        try:
            self.preprocessing = PreprocessingParameters.from_card(bundle.card["preprocessing"])
            self._preparation = FilmPreparation(self.preprocessing, bundle.lungs)
            self._network = Network(bundle.graph)
            if self._network.classes != len(bundle.findings):
                raise ValueError(f"its graph does not answer for {', '.join(bundle.findings)} alone")
            self._gate = FilmGate.of(bundle.reference, bundle.card["film_gate"])
            self._operating_point = operating_point(bundle)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise BundleCorrupt(f"{bundle.path}: the bundle cannot be loaded ({error})") from error

    def classify(self, radiograph: Radiograph, *, gate: bool = True) -> Classification:
        """Preprocess one film, run the graph and say what it answers: for the film, and for two more views.
        Where views fall on both sides of the unsure band (`views.settled`), or the film is unlike those that
        the network learnt from, the triage is "unsure" whatever the answer: a person reads it first.
        gate=False lets a picture pass that is no chest X-ray (phantoms drawn by code, evaluation); its
        distance is reported all the same. Raises quality.NotAChestRadiograph where the gate refuses.
        """
        if gate:
            check_pixels(radiograph)
        began = time.perf_counter()
        film, box = self._preparation.prepare(radiograph.pixels)
        prepared = time.perf_counter()
        plain = self._network.run(film.pixels)
        finished = time.perf_counter()
        distance = self._gate.distance(plain.gate)
        if gate:
            self._gate.check(distance)
        gated = time.perf_counter()
        answer, said, wobble = self._look_again(film.pixels, plain)
        if gate and self._gate.unfamiliar(distance):
            said = "unsure"
        viewed = time.perf_counter()
        return Classification(
            probabilities=self._by_finding(answer.probabilities),
            raw_probabilities=self._by_finding(_softmax(answer.logits)),
            finding=finding_in_line(answer.probabilities, said, self.bundle.findings),
            triage=said,
            operating_point=self._operating_point,
            activation_map=activation_map(answer),
            activation_box=box,
            film_distance=distance,
            input_sha256=film.sha256,
            library_versions=library_versions(),
            timings_ms={
                "preprocess": 1e3 * (prepared - began),
                "network": 1e3 * (finished - prepared),
                "views": 1e3 * (viewed - gated),
            },
            uncertainty=wobble | self._gate.told(distance, asked=gate),
        )

    def _look_again(
        self, pixels: NDArray[np.float32], plain: NetworkAnswer
    ) -> tuple[NetworkAnswer, Triage, dict[str, Any]]:
        """The answer, its triage and its uncertainty, after two more views of the film."""
        seen = [plain, *(self._network.run(view) for view in other_views(pixels))]
        answer = mean_answer(seen, self.bundle.temperature) if self.average_views else plain
        p_abnormal = [1.0 - float(view.probabilities[-1]) for view in (answer, *seen)]
        said, *sides = (triage(p, self.bundle.unsure_band) for p in p_abnormal)
        wobble = uncertainty(p_abnormal[1:], sides, averaged=self.average_views)
        return answer, settled(said, sides), wobble

    def _by_finding(self, values: NDArray[np.floating]) -> dict[str, float]:
        return {name: float(value) for name, value in zip(self.bundle.findings, values, strict=True)}


@lru_cache(maxsize=4)
def classifier_for(name_or_path: str, average_views: bool = False) -> Classifier:
    """The classifier of a bundle, loaded on first use in this process and kept."""
    return Classifier(load_bundle(find_bundle(name_or_path)), average_views)


def mean_answer(views: Sequence[NetworkAnswer], temperature: float) -> NetworkAnswer:
    """One answer from several views of a film: the mean of their logits, divided by the temperature before
    the softmax. Activation and features stay the first view's, which is the film as it is displayed."""
    logits = np.stack([view.logits for view in views]).mean(axis=0, dtype=np.float64)
    return replace(
        views[0],
        logits=logits.astype(np.float32),
        probabilities=_softmax(logits / temperature).astype(np.float32),
    )


def triage(p_abnormal: float, band: tuple[float, float]) -> Triage:
    """What to do next: "pathological" from the band's upper end on, "normal" below its lower end."""
    lower, upper = band
    if p_abnormal >= upper:
        return "pathological"
    return "normal" if p_abnormal < lower else "unsure"


def finding_in_line(probabilities: NDArray[np.float32], said: Triage, findings: Sequence[str]) -> str:
    """The likeliest of the findings, "normal" last, but never one that contradicts the triage.

    Where COVID-19 and pneumonia share a film between them, "normal" may be the likeliest single class of a
    film that is called pathological; nobody must be shown, or asked to agree with, both.
    """
    if said == "normal":
        return findings[-1]
    if said == "pathological":
        return findings[int(probabilities[:-1].argmax())]
    return findings[int(probabilities.argmax())]


def operating_point(bundle: Bundle) -> dict[str, Any]:
    """The thresholds behind the triage, as a Prediction stores them."""
    lower, upper = bundle.unsure_band
    points = {name: point.threshold for name, point in bundle.operating_points.items()}
    return {"unsure_from": lower, "pathological_from": upper, **points}


def activation_map(answer: NetworkAnswer) -> NDArray[np.float32]:
    """Where the evidence lies, (h, w), 0-1: the class activation map (Zhou et al. 2016) of the finding, of
    the likelier abnormal one for a normal film, as far as it rises above its own mean.

    Its peak is the probability of an abnormal film, so that the map of a normal film stays faint.
    """
    abnormal = int(answer.probabilities[:-1].argmax())
    evidence = answer.activation[..., abnormal]
    evidence = np.maximum(evidence - evidence.mean(), 0.0)
    peak = max(float(evidence.max()), 1e-6)
    return np.asarray(evidence / peak * (1.0 - answer.probabilities[-1]), dtype=np.float32)


@lru_cache(maxsize=1)
def library_versions() -> dict[str, str]:
    """What ran: Python and the libraries between a film's bytes and its probabilities."""
    names = ("ai-edge-litert", "numpy", "pillow")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def as_record(classification: Classification, bundle: Bundle, *, original_sha256: str) -> dict[str, Any]:
    """The JSON values that a worker stores for a film, under the names of the Prediction's fields."""
    return {
        "finding": classification.finding,
        "triage": classification.triage,
        "probabilities": classification.probabilities,
        "raw_probabilities": classification.raw_probabilities,
        "operating_point": classification.operating_point,
        "model": bundle.name,
        "model_version": bundle.version,
        "bundle_checksum": bundle.checksum,
        "original_sha256": original_sha256,
        "input_sha256": classification.input_sha256,
        "film_distance": classification.film_distance,
        "library_versions": classification.library_versions,
        "timings_ms": classification.timings_ms,
        "uncertainty": classification.uncertainty,
    }


def analyse_file(path: Path, classifier: Classifier, *, gate: bool = True) -> dict[str, Any]:
    """What a worker would store for a film's file, or the refusal: `refusal` (a code), `message`, `advice`.

    Every record names the `file`. Raises OSError only where the disk fails, not for a missing file.
    """
    record: dict[str, Any] = {"file": str(path)}
    try:
        with path.open("rb") as stream:
            record["original_sha256"] = hashlib.file_digest(stream, "sha256").hexdigest()
        classification = classifier.classify(read_raster(path), gate=gate)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        return record | {
            "refusal": "unreadable",
            "message": f"{error.strerror}.",
            "advice": "Check the name.",
        }
    except FilmRefused as refusal:
        return record | {"refusal": refusal.code, "message": refusal.message, "advice": refusal.advice}
    stored = as_record(classification, classifier.bundle, original_sha256=record["original_sha256"])
    return record | stored


def as_json_line(record: Mapping[str, Any]) -> str:
    """One line of JSON with a stable order of keys."""
    return json.dumps(record, sort_keys=True, ensure_ascii=False)


def _softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64) - float(logits.max()))
    return np.asarray(powers / powers.sum())

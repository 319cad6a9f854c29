"""From a manifest to a bundle that ships: check, fit, calibrate, export, measure, write."""

import hashlib
import json
import logging
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from math import isnan
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from diagnosis.cnn.architectures import ARCHITECTURES
from diagnosis.cnn.bundle import (
    CHECKS,
    CHECKS_CARD,
    FILM_CHECKS,
    LUNGS,
    REFERENCE,
    TFLITE,
    Bundle,
    write_bundle,
)
from diagnosis.cnn.evaluation import calibration
from diagnosis.cnn.evaluation.looks import looks_figures, reach_for_card
from diagnosis.cnn.evaluation.manifest import Film, Manifest, ManifestError
from diagnosis.cnn.evaluation.prediction import Answers, answer_films
from diagnosis.cnn.evaluation.report import RESAMPLES, figures_of, gated
from diagnosis.cnn.findings import TASKS
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.quality import FilmGate, directions, distance_to_films, spread_out
from diagnosis.cnn.training.data.films import FilmArray, film_array
from diagnosis.cnn.training.export import check_export, export
from diagnosis.cnn.training.fit import Fitted, predict
from diagnosis.cnn.training.graph import LevelHead
from diagnosis.cnn.training.level_heads import fit_level_heads, with_level_heads
from diagnosis.cnn.training.options import TrainingOptions

log = logging.getLogger(__name__)

CANDIDATE_FILMS: Final = 3000
REFERENCE_FILMS: Final = 500
REFUSED_OF_VAL: Final = 0.002
GATE_MARGIN: Final = 1.6
CHECKED_FILMS: Final = 200
BASELINE_FILMS: Final = 900

CALIBRATION: Final = (
    "temperature scaling (Guo et al. 2017); where there are level heads, after a shift of abnormal against "
    "normal; both fitted on val"
)


@dataclass(frozen=True)
class Recipe:
    """What a run is made of; the manifest holds films of the task's classes alone.

    cache: where decoded films lie. lungs: the lung network's graph. name, version: what the bundle calls
    itself. ages: by class, the age in years from which on its films are, {} if nobody knows.
    """

    manifest: Manifest
    options: TrainingOptions
    cache: Path
    lungs: Path
    name: str = "carina-cxr"
    version: str = "1.0.0"
    preprocessing: PreprocessingParameters = field(default_factory=PreprocessingParameters)
    ages: dict[str, int] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[str, ...]:
        """The classes that the network tells apart."""
        return TASKS[self.options.task]

    @property
    def origin(self) -> dict[str, Any]:
        """What the films are and how they are decoded, as JSON values."""
        films = self.manifest.films
        sizes = [self.manifest.path(film).stat().st_size for film in films]
        rows = [
            [film.file, film.label, film.source, film.split, film.group, size]
            for film, size in zip(films, sizes, strict=True)
        ]
        return {
            "films": hashlib.sha256(json.dumps(rows).encode()).hexdigest(),  # batches draw by their order
            "preprocessing": self.preprocessing.to_card(),
            "lung_network": hashlib.sha256(self.lungs.read_bytes()).hexdigest(),
        }

    def films(self, split: str) -> FilmArray:
        """The decoded films of a split."""
        return film_array(
            self.manifest,
            self.manifest.of_split(split),
            self.preprocessing,
            findings=self.findings,
            lungs=self.lungs,
            cache=self.cache,
        )


def make_bundle(recipe: Recipe, fitted: Fitted, folder: Path) -> Bundle:
    """Calibrate on `val`, export, check the export, measure with the exported graph, write the bundle."""
    return write_bundle(folder, build=lambda partial: _build(recipe, fitted, partial))


def _build(recipe: Recipe, fitted: Fitted, partial: Path) -> dict[str, Any]:
    """Put the model's files into a folder; returns the card."""
    shutil.copyfile(recipe.lungs, partial / LUNGS)
    for name in (CHECKS, CHECKS_CARD):
        shutil.copyfile(FILM_CHECKS / name, partial / name)
    decoded = recipe.films("val")
    val, labels, films = decoded.films, decoded.labels, decoded.pixels
    options, train = recipe.options, recipe.films("train")
    heads, temperature = _fit_heads(recipe, fitted, train, decoded)
    serving = export(
        fitted.model,
        architecture=options.architecture,
        heads=heads,
        share=options.level_share,
        size=recipe.preprocessing.size,
        temperature=temperature,
        folder=partial,
        normal_films=_normal_films(train),
    )
    checked = check_export(serving, partial / TFLITE, films[:: max(1, len(films) // CHECKED_FILMS)])
    log.info("temperature %.3f; export checked: %s", temperature, checked)
    answers = _answers(recipe, partial, val, looks=True)
    card = _origin(recipe, fitted) | {
        "calibration": {"temperature": temperature, "method": CALIBRATION},
        "export_check": checked,
        "operating_points": calibration.operating_points(
            answers.probabilities, labels, [film.group or film.file for film in val]
        ),
        "unsure_band": calibration.unsure_band(answers.probabilities, labels),
        "film_gate": _film_gate(recipe, partial, answers),
        **reach_for_card(answers.looks, split="val"),
    }
    gate = FilmGate.of(partial / REFERENCE, card["film_gate"])
    card["metrics"] = {"val": _figures(card, gate, val, answers)}
    test = recipe.manifest.of_split("test")
    if test:
        card["metrics"]["test"] = _figures(card, gate, test, _answers(recipe, partial, test, looks=True))
    return card


def _fit_heads(
    recipe: Recipe, fitted: Fitted, train: FilmArray, val: FilmArray
) -> tuple[list[LevelHead], float]:
    """The level heads, shifted so that 0.5 lies where `val` puts it, and the temperature."""
    options = recipe.options
    heads = fit_level_heads(fitted.model, train, options)
    answering = with_level_heads(fitted.model, heads, options, size=recipe.preprocessing.size)
    logits: NDArray[np.floating] = predict(answering, val.pixels)
    if heads:
        logits, offset = calibration.centred(logits, val.labels)
        heads = [replace(head, bias=head.bias + offset / options.level_share) for head in heads]
    return heads, calibration.fit_temperature(logits, val.labels)


def _normal_films(train: FilmArray) -> NDArray[np.uint8]:
    """Normal films of the train split, the same number from each source as far as it reaches."""
    normal = np.flatnonzero(train.labels == train.labels.max())
    chosen = _balanced([train.films[k] for k in normal], BASELINE_FILMS, seed=0)
    return train.pixels[np.sort(normal[chosen])]


def _answers(recipe: Recipe, partial: Path, films: Sequence[Film], *, looks: bool = False) -> Answers:
    paths = [recipe.manifest.path(film) for film in films]
    answers = answer_films(partial / TFLITE, recipe.preprocessing, paths, lungs=partial / LUNGS, looks=looks)
    if answers.problems:
        raise ManifestError([f"{films[k].file}: {why}" for k, why in sorted(answers.problems.items())])
    return answers


def _figures(card: dict[str, Any], gate: FilmGate, films: Sequence[Film], answers: Answers) -> dict[str, Any]:
    report = figures_of(answers.probabilities, films, card, resamples=RESAMPLES)
    return report | gated(answers, gate) | {"looks": looks_figures(answers.looks, card)}


def _film_gate(recipe: Recipe, partial: Path, val: Answers) -> dict[str, Any]:
    """Write a varied choice of training films; the threshold refuses fewer than 0.2 % of `val`."""
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
        "layer": ARCHITECTURES[recipe.options.architecture].gate_layer,
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
    kind = ARCHITECTURES[options.architecture]
    counts = Counter((film.split, film.source, film.label) for film in manifest.films)
    return {
        "name": recipe.name,
        "version": recipe.version,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "architecture": options.architecture,
        "findings": list(recipe.findings),
        "input_size": [recipe.preprocessing.size, recipe.preprocessing.size, 1],
        "preprocessing": recipe.preprocessing.to_card(),
        "intended_use": "Research use only. Not a medical device.",
        "ages": recipe.ages,
        "data": {
            "fingerprint": manifest.fingerprint(),
            "films": {"/".join(cell): number for cell, number in sorted(counts.items())},
            "licences": manifest.licences,
        }
        | ({"left_out": manifest.left_out} if manifest.left_out else {}),
        "weights_started_from": dict(kind.weights_licence or {}) if options.imagenet else None,
        "training": {
            "options": options.to_json(),
            "seed": options.seed,
            "minutes": fitted.minutes,
            "films_seen": fitted.films_seen,
            "chosen_on_val": {key: None if isnan(value) else value for key, value in fitted.best.items()},
            "libraries": {"tensorflow": tf.__version__}
            | {name: version(name) for name in ("keras", "numpy", "pillow")},
        },
    }

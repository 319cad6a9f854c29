"""A run for the film checks: films altered by code, what the trunk sees of them, the head, its card."""

import csv
import hashlib
import json
import logging
import multiprocessing
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from diagnosis.cnn.bundle import CHECKS, CHECKS_CARD
from diagnosis.cnn.evaluation.manifest import Film, ManifestError, read_manifest
from diagnosis.cnn.preprocessing import to_grey_levels
from diagnosis.cnn.quality.film_checks import CHECKS_INPUT, CHECKS_VERSION, KINDS
from diagnosis.cnn.training.film_checks import head, samples
from diagnosis.cnn.training.options import FilmCheckOptions
from diagnosis.imaging.raster import read_raster
from diagnosis.imaging.refusal import FilmRefused

log = logging.getLogger(__name__)

# Chosen on val's films as they came and altered; none was chosen on a test film (research/README.md).
LIMITS: Final = {
    "refuse": 0.9, "correct": 0.97, "confirm": 0.9, "suspect": 0.5, "mirrored": 0.5, "caution": 0.5,
}  # fmt: skip
VAL_COPIES: Final = 2


@dataclass(frozen=True)
class Task:
    """One file and how many altered pictures to make of it. another: a film that may stand beside it."""

    path: Path
    kind: str
    copies: int
    seed: int
    source: str
    another: Path | None = None


@dataclass(frozen=True)
class Seen:
    """What the trunk saw of pictures: float16 (n, h, w, c), their truths (n, 4), the source of each."""

    features: NDArray[np.float16]
    truths: NDArray[np.int8]
    sources: NDArray[np.str_]


def other_pictures(listing: Path) -> list[tuple[Path, str]]:
    """The pictures to learn from that are no frontal films, and "lateral" or "other" of each."""
    with listing.open(newline="", encoding="utf-8-sig") as stream:
        rows = [row for row in csv.DictReader(stream) if samples.for_fitting(row["file"])]
    if not rows:
        raise ManifestError([f"{listing}: no picture to learn from"])
    kinds = ["lateral" if row["kind"].startswith("lateral") else "other" for row in rows]
    return [(listing.parent / row["file"], kind) for row, kind in zip(rows, kinds, strict=True)]


def tasks(manifest: Path, others: Path, options: FilmCheckOptions) -> tuple[list[Task], list[Task]]:
    """What to learn from and, from the split val, what to calibrate on."""
    read = read_manifest(manifest)
    random = np.random.default_rng(options.seed)
    train = _of_each_source(read.of_split("train"), options.films, random)
    val = _of_each_source(read.of_split("val"), options.films, random)
    if not train or not val:
        raise ManifestError([f"{manifest}: films in the splits train and val are needed"])

    def films(chosen: Sequence[Film], copies: int) -> list[Task]:
        paths = [read.path(film) for film in chosen]
        beside = random.integers(len(paths), size=len(paths))
        return [
            Task(path, "frontal", copies, int(random.integers(2**31)), film.source, paths[k])
            for path, film, k in zip(paths, chosen, beside, strict=True)
        ]

    counts = {"lateral": options.lateral_copies, "other": options.other_copies}
    more = [
        Task(path, kind, counts[kind], int(random.integers(2**31)), kind)
        for path, kind in other_pictures(others)
    ]
    return more + films(train, options.copies), films(val, VAL_COPIES)


def _of_each_source(films: Iterable[Film], most: int, random: np.random.Generator) -> list[Film]:
    by_source = defaultdict[str, list[Film]](list)
    for film in films:
        by_source[film.source].append(film)
    chosen = [
        by_source[source][k]
        for source in sorted(by_source)
        for k in random.permutation(len(by_source[source]))[:most]
    ]
    return [chosen[k] for k in random.permutation(len(chosen))]


_interpreter: Interpreter


def _start(graph: str) -> None:
    global _interpreter
    _interpreter = Interpreter(model_path=graph, num_threads=1)
    _interpreter.allocate_tensors()


def _see(picture: NDArray[np.uint8]) -> NDArray[np.float16]:
    levels = to_grey_levels(picture.astype(np.float32) / np.float32(255), CHECKS_INPUT)
    _interpreter.set_tensor(
        _interpreter.get_input_details()[0]["index"], levels[np.newaxis, ..., np.newaxis].astype(np.float32)
    )
    _interpreter.invoke()
    seen = _interpreter.get_tensor(_interpreter.get_output_details()[0]["index"])[0]
    return np.asarray(seen, dtype=np.float16)


def _work(task: Task) -> tuple[NDArray[np.float16], NDArray[np.int8]] | None:
    """What the trunk sees of a file and of its altered copies; None for a file that cannot be read."""
    random = np.random.default_rng(task.seed)
    try:
        film = samples.smaller(read_raster(task.path).pixels)
        another = samples.smaller(read_raster(task.another).pixels) if task.another else film
    except FilmRefused as refused:
        log.warning("left out: %s", refused)
        return None
    frontal = task.kind == "frontal"
    truth = 0 if frontal else samples.UNKNOWN
    made = [samples.Sample(film, KINDS.index(task.kind), truth, truth, truth)]
    for _ in range(task.copies):
        made.append(
            samples.of_film(film, another, random)
            if frontal
            else samples.of_no_frontal(film, task.kind, random)
        )
    return np.stack([_see(one.picture) for one in made]), samples.truths(made)


def see(work: Sequence[Task], *, processes: int = 2) -> Seen:
    """Make the pictures of each task and run the trunk on them."""
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "trunk.tflite"
        graph.write_bytes(tf.lite.TFLiteConverter.from_keras_model(head.trunk()).convert())
        with multiprocessing.get_context("spawn").Pool(processes, _start, (str(graph),)) as pool:
            done = []
            for number, seen in enumerate(pool.imap(_work, work, chunksize=4), 1):
                done.append(seen)
                if number % 500 == 0:
                    log.info("seen: %d of %d files", number, len(work))
    kept = [(task.source, seen) for task, seen in zip(work, done, strict=True) if seen]
    return Seen(
        np.concatenate([features for _, (features, _) in kept]),
        np.concatenate([truths for _, (_, truths) in kept]),
        np.concatenate([np.repeat(source, len(truths)) for source, (_, truths) in kept]),
    )


def fit_film_checks(manifest: Path, others: Path, folder: Path, options: FilmCheckOptions) -> dict[str, Any]:
    """Train, write film-checks.tflite and film-checks.json into a folder; returns the latter."""
    learn, calibrate = tasks(manifest, others, options)
    return write(see(learn), see(calibrate), folder, options)


def write(train: Seen, val: Seen, folder: Path, options: FilmCheckOptions) -> dict[str, Any]:
    """Fit the head on what was seen, calibrate it on val, write the network and its card."""
    model = head.fit_head(train.features, train.truths, options)
    logits = head.logits_of(model, val.features)
    divided_by = head.temperatures(logits, val.truths)
    folder.mkdir(parents=True, exist_ok=True)
    graph = head.as_lite(head.serving(model, divided_by))
    (folder / CHECKS).write_bytes(graph)
    card = {
        "format_version": CHECKS_VERSION,
        "graph_sha256": hashlib.sha256(graph).hexdigest(),
        "kinds": list(KINDS),
        "limits": LIMITS,
        "options": asdict(options),
        "temperatures": divided_by,
        "trained_on": {str(s): int((train.sources == s).sum()) for s in np.unique(train.sources)},
        "right_on_val": _right(logits, val.truths),
    }
    (folder / CHECKS_CARD).write_text(json.dumps(card, indent=2, sort_keys=True) + "\n")
    return card


def _right(logits: dict[str, NDArray[np.float32]], truths: NDArray[np.integer]) -> dict[str, Any]:
    """By truth, on how many altered pictures of val the likeliest answer is right, and on which share."""
    found: dict[str, Any] = {}
    for column, name in enumerate(head.TRUTHS):
        known = truths[:, column] >= 0
        right = logits[name][known].argmax(axis=1) == truths[known, column]
        found[name] = {"n": int(known.sum()), "share": float(right.mean()) if known.any() else None}
    return found

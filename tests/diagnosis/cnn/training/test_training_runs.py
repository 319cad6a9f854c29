"""Runs, not parts: every architecture from drawn films to a bundle that serves, repeated, cut and resumed.

TensorFlow runs in processes of its own here: the tests' process later starts workers, and a fork after
TensorFlow hangs.
"""

import argparse
import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from diagnosis.cnn.bundle import load_bundle
from diagnosis.cnn.classifier import Classifier
from diagnosis.cnn.training import cli
from diagnosis.cnn.training.data.augmentation import AugmentationOptions
from diagnosis.cnn.training.options import ARCHITECTURES, TrainingOptions
from diagnosis.imaging.raster import read_raster
from diagnosis.models import ModelVersion
from tests.diagnosis.cnn.conftest import draw_film
from tests.diagnosis.cnn.training.runs import ENVIRONMENT, LABELS, ROOT, drawn_rows, python, train

TRAINED_ELSEWHERE = "efficientnet_lite0"  # all of this, and more, in test_training.py: half a minute a run

RUN = """
import hashlib, json, logging, sys
from pathlib import Path
import numpy as np
from diagnosis.cnn.training.data.augmentation import AugmentationOptions
from diagnosis.cnn.evaluation.manifest import Film
from diagnosis.cnn.training.data.films import FilmArray
from diagnosis.cnn.training.fit import Run
from diagnosis.cnn.training.options import TrainingOptions

def drawn(count):
    random = np.random.default_rng(count)
    labels, sources = np.arange(count, dtype=np.int32) % 3, np.arange(count, dtype=np.int32) // 3 % 2
    names = ("covid19", "pneumonia", "normal")
    films = tuple(Film(f"{k}.png", names[labels[k]], f"s{sources[k]}", "train") for k in range(count))
    pixels = random.integers(0, 100, (count, 64, 64), dtype=np.uint8)
    pixels += (50 * labels[:, None, None]).astype(np.uint8)
    masks = np.zeros((count, 48, 48), np.uint8)
    masks[:, 10:40, 8:20] = 255
    return FilmArray(films, pixels, pixels // 2 + 60, masks, labels)

folder, seed, resume = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["resume"]
options = TrainingOptions(
    architecture="sequential_cnn", epochs=4.0, batch=6, looks=4, sizes=((0.0, 32), (0.5, 64)), seed=seed,
    imagenet=False, frozen_blocks=0, dropout=0.5, ema=0.9, consistency=0.0,
    augmentation=AugmentationOptions(hide_lungs=0.2),
)
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
run = Run(drawn(12), drawn(6), options, checkpoints=folder)
found = run.resume() if resume else False
began = run.number
model = run.fit()
weights = hashlib.sha256(b"".join(np.asarray(value).tobytes() for value in model.get_weights()))
figures = [{k: v for k, v in look.items() if k != "minutes"} for look in run.history]
print(json.dumps({"began": began, "ended": run.number, "weights": weights.hexdigest(), "figures": figures}))
"""

# The average of a run's weights, a network in sixteen bits, and options that are refused.
AVERAGED = (
    RUN.split("logging.basicConfig")[0]
    + """
from dataclasses import replace
import itertools
from types import SimpleNamespace
import keras
from diagnosis.cnn.evaluation.metrics import softmax
from diagnosis.cnn.training import fit
from diagnosis.cnn.training.batches import BatchMaker
from diagnosis.cnn.training.fit import network_to_train, predict

seen, steps = [], []

class Watch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        steps.append([np.asarray(value) for value in self.model.trainable_variables])

class Watched(Run):
    def callbacks(self, *stage):
        seen.append([np.asarray(value) for value in self.model.trainable_variables])
        return [*super().callbacks(*stage), Watch()]

fast = replace(options, learning_rate=0.01, sizes=((0.0, 64),))  # so that weights and average lie apart
kept = Watched(drawn(12), drawn(6), fast, checkpoints=None).fit().trainable_variables
mean = seen[0]
for number, step in enumerate(steps):
    momentum = min(0.9, (1 + number) / (10 + number)) if number else 0.0  # Keras begins with the first step
    mean = [momentum * a + (1 - momentum) * b for a, b in zip(mean, step, strict=True)]
off = max(float(np.abs(np.asarray(a) - b).max()) for a, b in zip(kept, mean, strict=True))
moved = max(float(np.abs(a - b).max()) for a, b in zip(steps[-1], mean, strict=True))

refused = []
shipped = TrainingOptions()
for bad in (replace(shipped, imagenet=False, frozen_blocks=6), replace(options, architecture="vgg16")):
    try:
        network_to_train(bad)
    except ValueError as error:
        refused.append(str(error))

half = network_to_train(replace(options, precision="mixed_bfloat16"))
computed = sorted({layer.compute_dtype for layer in half.layers})
kept_as = sorted({str(variable.dtype) for variable in half.trainable_variables})
after = keras.config.dtype_policy().name
run = Run(drawn(12), drawn(6), replace(options, precision="mixed_bfloat16"), checkpoints=None)
losses = run.fit() and [look["loss"] for look in run.history]
# A clock that goes on by a second each time somebody looks at it.
seconds = itertools.count()
fit.time = SimpleNamespace(monotonic=lambda: float(next(seconds)))
clock = Run(drawn(12), drawn(6), replace(options, minutes=0.5), checkpoints=None)
clock.fit()

# Pairs: by how much the answers to films and to the same films made worse differ, without and with the loss.
answers, train_films = [], drawn(12)
for weight in (0.0, 30.0):
    paired = replace(options, sizes=((0.0, 32),), epochs=15.0, learning_rate=3e-3, consistency=weight)
    trained = Run(train_films, None, paired, checkpoints=None)
    model = trained.fit()
    batch = BatchMaker(train_films, np.ones(12), replace(paired, batch=48, consistency=1.0)).make(0, 32)
    films, copies = np.split(softmax(predict(model, batch.pixels[..., 0].astype(np.uint8))), 2)
    answers.append(float(np.abs(films - copies).mean()))
print(json.dumps(dict(
    off=off, moved=moved, computed=computed, kept_as=kept_as, after=after,
    finite=bool(np.isfinite(losses).all()), refused=refused,
    by_clock=clock.history, clock_ended=clock.elapsed, floor=clock.schedule.alpha * options.learning_rate,
    closer=answers, average=sorted({layer.compute_dtype for layer in run.average.layers}),
)))
"""
)


def trained(folder: Path, seed: int, *more: str) -> dict[str, object]:
    """How a run of RUN ended."""
    done = python("-c", RUN, str(folder), str(seed), *more)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def uncut(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The run that others are compared with."""
    return trained(tmp_path_factory.mktemp("uncut"), 5)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_network_and_figures_and_another_seed_does_not(
    uncut: dict[str, object], tmp_path: Path
) -> None:
    assert uncut["ended"] == 8
    assert trained(tmp_path / "again", 5) == uncut
    other = trained(tmp_path / "other", 6)
    assert other["ended"] == 8
    assert other["weights"] != uncut["weights"]
    assert other["figures"] != uncut["figures"]


@pytest.mark.slow
def test_a_run_that_was_killed_and_resumed_ends_as_if_nothing_had_happened(
    uncut: dict[str, object], tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path), "5"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        assert process.stdout
        next(line for line in process.stdout if line.startswith("val: "))  # the first checkpoint lies there
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    unrecorded = tmp_path / "0009.weights.h5"  # a look that the kill kept off the record
    unrecorded.touch()
    resumed = trained(tmp_path, 5, "resume")
    assert not unrecorded.exists()
    assert 2 <= int(str(resumed.pop("began"))) < 8
    assert resumed == {key: value for key, value in uncut.items() if key != "began"}


@pytest.mark.slow
def test_averaged_weights_sixteen_bits_the_clock_and_pairs_do_what_the_options_say(
    tmp_path: Path,
) -> None:
    done = python("-c", AVERAGED, str(tmp_path), "5")
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["off"] < 1e-5 < 1e-4 < said["moved"]
    assert (said["computed"], said["kept_as"]) == (["bfloat16"], ["float32"])
    assert said["after"] == "float32"  # of networks that are built next
    assert said["average"] == ["float32"]  # what looks at val and is exported
    assert said["finite"]
    sizes = [look["size"] for look in said["by_clock"]]
    assert sizes == sorted(sizes)
    assert set(sizes) == {32, 64}
    assert 0.3 < sizes.count(64) / len(sizes) < 0.7
    assert 30 <= said["clock_ended"] < 33
    assert said["by_clock"][-1]["learning_rate"] < 2 * said["floor"] < said["by_clock"][0]["learning_rate"]
    without, with_pairs = said["closer"]
    assert with_pairs < without / 2
    assert "first 11 blocks as ImageNet left them" in said["refused"][0]
    assert "vgg16 takes films of 64 pixels and more, not of 32" in said["refused"][1]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES if name != TRAINED_ELSEWHERE])
def test_every_architecture_trains_and_ends_in_a_bundle_that_serves(
    architecture: str, write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    manifest, work = write_manifest(drawn_rows()), tmp_path / "work"
    done = train(manifest, work, architecture)
    assert done.returncode == 0, done.stderr[-2000:]
    bundle = load_bundle(work / "bundle")
    assert bundle.architecture == bundle.name == architecture
    training = bundle.card["training"]
    assert training["films_seen"] == 12
    assert training["options"]["frozen_blocks"] == 0  # it started at random: nothing is worth keeping
    halved = ("vgg16", "sequential_cnn", "flattened_cnn")
    assert training["options"]["dropout"] == (0.5 if architecture in halved else 0.2)
    film = read_raster(manifest.parent / "val-here-normal-0.png")
    answer = Classifier(bundle).classify(film, gate=False)
    assert set(answer.probabilities) == set(LABELS)
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert (work / "curves/curves.csv").read_text().startswith("step,")
    call_command("register_model", str(bundle.path), "--promote", stdout=io.StringIO())
    assert ModelVersion.objects.get(active=True).checksum == bundle.checksum


@pytest.mark.slow
def test_a_task_of_two_classes_ends_in_a_bundle_that_tells_those_two(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    manifest, work = write_manifest(drawn_rows()), tmp_path / "work"
    done = train(manifest, work, "sequential_cnn", "--task", "covid19-normal")
    assert done.returncode == 0, done.stderr[-2000:]
    bundle = load_bundle(work / "bundle")
    assert {cell.split("/")[2] for cell in bundle.card["data"]["films"]} == {"covid19", "normal"}
    answer = Classifier(bundle).classify(read_raster(tmp_path / "val-here-normal-0.png"), gate=False)
    assert set(answer.probabilities) == {"covid19", "normal"}


def test_named_changes_of_films_hold_where_all_others_are_off() -> None:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    words = ["--manifest", "m.csv", "--no-augmentation", "--erase-marks", "1"]
    changes = cli.options_from(parser.parse_args(words)).augmentation
    assert changes == replace(AugmentationOptions.none(), erase_marks=1.0)
    assert cli.options_from(parser.parse_args(words[:2])).augmentation == AugmentationOptions()


@pytest.mark.slow
def test_resuming_a_run_that_ended_goes_on_from_its_end_and_other_options_are_refused(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    rows, work = drawn_rows(), tmp_path / "work"
    manifest = write_manifest(rows)
    assert train(manifest, work, "sequential_cnn").returncode == 0
    again = train(manifest, work, "sequential_cnn", "--resume")
    assert again.returncode == 0, again.stderr[-2000:]
    assert "going on from step 2" in again.stderr
    for changed, words in (
        (("--seed", "7"), "belongs to a run with other options: name another folder"),
        (("--border", "0.1"), "on films cut another way: name another folder"),
    ):
        other = train(manifest, work, "sequential_cnn", "--resume", *changed)
        assert other.returncode == 1
        assert words in other.stderr
        assert "Traceback" not in other.stderr
    exported = train(manifest, work, "sequential_cnn", "--export-only", "--crop", "film", "--seed", "7")
    assert exported.returncode == 0, exported.stderr[-2000:]
    card = load_bundle(work / "bundle").card  # of what was trained, whatever the command line says
    assert (card["preprocessing"]["crop"], card["training"]["seed"]) == ("lungs", 20)
    more = [*rows, {"file": "more.png", "label": "normal", "source": "here", "split": "train"}]
    draw_film("normal", 9).save(manifest.parent / "more.png")
    grown = write_manifest(more)
    for mode in ("--resume", "--export-only"):
        other = train(grown, work, "sequential_cnn", mode)
        assert other.returncode == 1
        assert "belongs to a run on other films" in other.stderr


def test_checkpoints_of_options_that_there_are_no_longer_are_refused_in_words(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tmp_path / "work/checkpoints"
    folder.mkdir(parents=True)
    options = TrainingOptions().to_json() | {"swa": 0.25}
    (folder / "run.json").write_text(json.dumps({"options": options, "origin": {}}))
    with pytest.raises(CommandError, match=r"checkpoints belongs to a run of another release.*'swa'"):
        call_command(
            "train_model", "--manifest", str(write_manifest(drawn_rows())), "--work",
            str(tmp_path / "work"), "--export-only",
        )  # fmt: skip


def test_a_run_goes_on_without_pictures_where_they_cannot_be_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    cli.draw_curves([{"step": 1.0, "loss": 2.0}, {"step": 2.0, "loss": 1.0}], tmp_path)
    assert "matplotlib, which is not installed" in caplog.text
    assert (tmp_path / "curves.csv").read_text().splitlines() == ["step,loss", "1,2", "2,1"]

"""A training run, carried by Keras' `fit`: small films first, checkpoints, and the best of them kept.

A budget is epochs or minutes; progress is the share of it used up. With epochs, everything is a function of
seed and step: two runs give the same network, and so does one that was interrupted and resumed. With minutes,
learning rate and film size follow the clock: on a busy machine a run sees fewer films but ends on time, fully
annealed. What is kept is a moving average of the weights. A look at `val` is an epoch to Keras, and each size
of films a `fit` of its own, which goes on from the average that the one before it ended with.
"""

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from diagnosis.cnn.architectures import architecture, freeze_blocks
from diagnosis.cnn.evaluation.manifest import Film, sampling_weights
from diagnosis.cnn.evaluation.metrics import accuracy, auroc, macro_auroc, negative_log_likelihood, softmax
from diagnosis.cnn.findings import TASKS
from diagnosis.cnn.training import checkpoints as saved
from diagnosis.cnn.training.batches import BatchMaker
from diagnosis.cnn.training.callbacks import Averaged, Backup, Batches, Clock, Draws, Progress
from diagnosis.cnn.training.data.films import FilmArray
from diagnosis.cnn.training.graph import blocks_read
from diagnosis.cnn.training.imagenet import read_state_dict, weights_path
from diagnosis.cnn.training.objective import compile_for, learning_rate
from diagnosis.cnn.training.options import TrainingOptions
from diagnosis.cnn.training.stages import Stage, stages_of, steps_of

log = logging.getLogger(__name__)

WITHOUT_END: Final = 10**9  # epochs, where the clock ends a stage
BY_CLOCK: Final = 10_000  # steps of the schedule that a clock goes along
WITH_BOTTLENECK: Final = ("efficientnet_lite0", "flattened_cnn")


@dataclass(frozen=True)
class Fitted:
    """The chosen network and how it came about."""

    model: keras.Model
    history: list[dict[str, float]]
    best: dict[str, float]
    minutes: float
    films_seen: int


def network_for(options: TrainingOptions) -> keras.Model:
    """The network that checked options ask for, of open size, with random weights."""
    more = {"bottleneck": options.bottleneck} if options.bottleneck else {}
    build = architecture(options.architecture).build
    return build(classes=len(TASKS[options.task]), dropout=options.dropout, **more)


def check(options: TrainingOptions) -> None:
    """Raise ValueError where architecture, sizes, frozen blocks and level heads cannot go together, and
    ModuleNotFoundError where the weights to start from are not installed."""
    kind = architecture(options.architecture)
    least = min(side for _, side in options.sizes)
    if least < kind.smallest_size:
        raise ValueError(f"{kind.name} takes films of {kind.smallest_size} pixels and more, not of {least}")
    if options.level_share and options.frozen_blocks < blocks_read(kind.name, options.levels):
        raise ValueError(
            f"level heads read {kind.name}'s first {blocks_read(kind.name, options.levels)} blocks as "
            "ImageNet left them: "
            "freeze as many, or give the heads no share (--level-share 0)"
        )
    if options.imagenet:
        if kind.load_imagenet is None:
            raise ValueError(f"no ImageNet weights are known for {options.architecture}")
        weights_path()
    if options.bottleneck and options.architecture not in WITH_BOTTLENECK:
        made = " and ".join(WITH_BOTTLENECK)
        raise ValueError(f"a bottleneck is made for {made}, not for {options.architecture}")


def network_to_train(options: TrainingOptions) -> keras.Model:
    """The same with the weights it starts from, its first blocks frozen. Raises what `check` raises."""
    check(options)
    kind, before = architecture(options.architecture), keras.config.dtype_policy()
    keras.config.set_dtype_policy(options.precision)
    try:
        model = network_for(options)
    finally:
        keras.config.set_dtype_policy(before)
    if options.imagenet and kind.load_imagenet:
        kind.load_imagenet(model, read_state_dict(weights_path()))
    if options.frozen_blocks:
        freeze_blocks(model, options.frozen_blocks)
    return model


def predict(model: keras.Model, films: NDArray[np.uint8], *, batch: int = 32) -> NDArray[np.float32]:
    """Outputs (n, ...) of a network, such as its logits, for grey levels uint8 (n, size, size)."""
    run = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    parts = [
        run(tf.constant(films[start : start + batch, ..., np.newaxis], tf.float32)).numpy()
        for start in range(0, len(films), batch)
    ]
    return np.concatenate(parts)


def validation_figures(
    logits: NDArray[np.float32], labels: NDArray[np.int32], films: tuple[Film, ...]
) -> dict[str, float]:
    """The figures of a checkpoint. `nll` chooses one: it judges order and calibration, and varies less by
    chance than the AUROC within a small source, which shows shortcuts: knowing the source cannot raise it.
    """
    probabilities = softmax(logits)
    pooled = macro_auroc(probabilities, labels)
    abnormal = labels != probabilities.shape[1] - 1
    sources = np.array([film.source for film in films])
    inside = {
        source: auroc(1 - probabilities[sources == source, -1], abnormal[sources == source])
        for source in sorted(set(sources))
    }
    within = [value for value in inside.values() if not math.isnan(value)]
    figures = {
        "macro_auroc": pooled,
        "within_source_auroc": float(np.mean(within)) if within else pooled,
        "nll": negative_log_likelihood(probabilities, labels),
        "accuracy": accuracy(probabilities, labels),
    }
    return figures | {f"auroc {source}": value for source, value in inside.items()}


class Run:
    """One training run: its network, its average, its clock and its checkpoints.

    val: None for a run that is judged elsewhere, which keeps its last weights. origin: what the films are and
    how they were decoded, which must not have changed when an interrupted run is resumed.
    """

    def __init__(
        self,
        train: FilmArray,
        val: FilmArray | None,
        options: TrainingOptions,
        *,
        checkpoints: Path | None,
        origin: Mapping[str, Any] | None = None,
    ) -> None:
        self.options, self.checkpoints, self.val = options, checkpoints, val
        self.origin = dict(origin or {})
        keras.utils.set_random_seed(options.seed)
        weights = sampling_weights(train.films, options.balance, options.power)
        self.batches = BatchMaker(train, weights, options)
        self.stages = stages_of(options, len(train.films))
        self.steps = steps_of(self.stages) or BY_CLOCK
        self.schedule = learning_rate(options, self.steps)
        by_clock = options.minutes is not None
        self.model, self.average = network_to_train(options), network_for(options)
        compile_for(self.model, options, options.learning_rate if by_clock else self.schedule)
        self.number, self.elapsed, self.history = 0, 0.0, list[dict[str, float]]()
        self.resumed, self._began = False, 0.0

    def progress(self) -> float:
        """Share of the budget used up, 0-1."""
        if self.options.minutes is not None:
            return min(self.elapsed / (60 * self.options.minutes), 1.0)
        return min(self.number / self.steps, 1.0)

    def tick(self) -> None:
        """Take note of the step and of the time."""
        self.number, self.elapsed = self.number + 1, time.monotonic() - self._began

    def resume(self) -> bool:
        """Make `fit` go on from the last checkpoint, if there is one; False otherwise.

        Raises OtherRun where the folder belongs to a run with other options or films.
        """
        if self.checkpoints is None or not (self.checkpoints / "run.json").exists():
            return False
        saved.check_same(self.checkpoints, self.options, self.origin)
        folders = [self.checkpoints / saved.BACKUP / str(number) for number in range(len(self.stages))]
        kept = [int(backup.name) for folder in folders for backup in saved.backups(folder)]
        # A kill may have come between a look and its backup: that look will be there again.
        looks = [
            look
            for look in saved.read_run(self.checkpoints)["history"]
            if look["step"] <= max(kept, default=0)
        ]
        saved.forget_after(self.checkpoints, len(looks))
        self.history, self.number = looks, max(kept, default=0)
        self.elapsed = 60 * looks[-1]["minutes"] if looks else 0.0
        self.resumed = bool(kept)
        return self.resumed

    def fit(self) -> keras.Model:
        """Train to the end of the budget; returns the averaged network as it is then."""
        if self.checkpoints is not None and not self.resumed:
            saved.clear(self.checkpoints)
        self._began = time.monotonic() - self.elapsed
        for number, stage in enumerate(self.stages):
            batches = Batches(self.batches, side=stage.side, steps=stage.steps)
            over = stage.looks is None and self.progress() >= stage.until
            self.model.fit(
                batches,
                initial_epoch=len(self.history),
                epochs=stage.looks or (len(self.history) if over else WITHOUT_END),
                callbacks=self.callbacks(number, stage, batches),
                shuffle=False,
                verbose=0,
            )
        self.average.set_weights(self.model.get_weights())
        return self.average

    def callbacks(self, number: int, stage: Stage, batches: Batches) -> list[keras.callbacks.Callback]:
        """What accompanies a stage. A backup comes after the looks: one is there only for looks on record."""
        shown = [keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: self._look(stage, logs))]
        accompanying = [Draws(batches), Progress(self, films=self.options.batch)]
        if stage.looks is None:
            rate = self.schedule
            accompanying.append(
                Clock(self, rate=lambda share: float(rate(share * BY_CLOCK)), until=stage.until)
            )
        told = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: self._told())
        if self.checkpoints is None:
            return [*accompanying, Averaged(self.average, shown), told]
        shown += self._kept(self.checkpoints, later=self.resumed or number > 0)
        return [
            *accompanying,
            Averaged(self.average, shown),
            Backup(self.checkpoints / saved.BACKUP / str(number)),
            told,
        ]

    def _kept(self, folder: Path, *, later: bool) -> list[keras.callbacks.Callback]:
        folder.mkdir(parents=True, exist_ok=True)
        best = min((look["nll"] for look in self.history if "nll" in look), default=None)
        kept: list[keras.callbacks.Callback] = []
        if self.val is not None:
            kept.append(
                keras.callbacks.ModelCheckpoint(
                    folder / saved.WEIGHTS,
                    monitor="val_loss",
                    mode="min",
                    save_best_only=True,
                    save_weights_only=True,
                    initial_value_threshold=best,
                )
            )
        return [
            *kept,
            keras.callbacks.CSVLogger(folder / "log.csv", append=later),
            keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: self._record(folder)),
        ]

    def _look(self, stage: Stage, logs: dict[str, Any]) -> None:
        self.elapsed = time.monotonic() - self._began
        figures = {
            "step": self.number,
            "minutes": self.elapsed / 60,
            "loss": float(logs["loss"]),
            "size": stage.side,
            "learning_rate": float(self.model.optimizer.learning_rate),
        }
        if self.val is not None:
            logits = predict(self.average, self.val.pixels)
            figures |= validation_figures(logits, self.val.labels, self.val.films)
            logs["val_loss"] = figures["nll"]
        self.history.append(figures)
        logs.update(figures)

    def _told(self) -> None:
        log.info("val: %s", "  ".join(f"{key} {value:.4g}" for key, value in self.history[-1].items()))

    def _record(self, folder: Path) -> None:
        state = {"step": self.number, "elapsed": self.elapsed, "history": self.history}
        saved.write_run(folder, state | {"options": self.options.to_json(), "origin": self.origin})


def best_of(checkpoints: Path) -> Fitted:
    """The network with the least loss on `val`, of a run that has ended, was interrupted or still goes on."""
    run, options = saved.read_run(checkpoints), saved.options_of(checkpoints)
    look, weights = saved.best_weights(checkpoints)
    model = network_for(options)
    model.load_weights(weights)
    return Fitted(
        model=model,
        history=run["history"],
        best=run["history"][look - 1],
        minutes=run["elapsed"] / 60,
        films_seen=run["step"] * options.batch,
    )

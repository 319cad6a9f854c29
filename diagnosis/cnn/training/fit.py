"""A training run: a budget in epochs or minutes, small films first, checkpoints, and the best of them kept.

Progress is the share of the budget used up. With epochs, everything is a function of seed and step: two runs
give the same network, and so does one that was interrupted and resumed. With minutes, learning rate and film
size follow the clock: on a busy machine a run sees fewer films but ends on time, fully annealed. What is kept
is a moving average of the weights.
"""

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from diagnosis.cnn.architectures import architecture, freeze_blocks
from diagnosis.cnn.evaluation.manifest import Film, sampling_weights
from diagnosis.cnn.evaluation.metrics import accuracy, auroc, macro_auroc, negative_log_likelihood, softmax
from diagnosis.cnn.findings import TASKS
from diagnosis.cnn.training import checkpoints as saved
from diagnosis.cnn.training.batches import Batch, BatchMaker, in_background, steps
from diagnosis.cnn.training.data.films import FilmArray
from diagnosis.cnn.training.graph import blocks_read
from diagnosis.cnn.training.imagenet import read_state_dict, weights_path
from diagnosis.cnn.training.objective import Objective
from diagnosis.cnn.training.options import TrainingOptions

log = logging.getLogger(__name__)

LOSSES = 200  # the loss of a look at `val` is the mean of so many steps


@dataclass(frozen=True)
class Fitted:
    """The chosen network and how it came about."""

    model: keras.Model
    history: list[dict[str, float]]
    best: dict[str, float]
    minutes: float
    films_seen: int


def learning_rate(progress: float, options: TrainingOptions) -> float:
    """Linear warm-up, then half a cosine down to one hundredth; progress 0-1."""
    if progress < options.warm_up:
        return options.learning_rate * max(progress / options.warm_up, 0.02)
    share = min((progress - options.warm_up) / (1 - options.warm_up), 1.0)
    return options.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))


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
    if options.bottleneck and options.architecture != "efficientnet_lite0":
        raise ValueError(f"a bottleneck is made for efficientnet_lite0, not for {options.architecture}")


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
        self.options, self.checkpoints, self.films, self.val = options, checkpoints, train, val
        self.origin = dict(origin or {})
        keras.utils.set_random_seed(options.seed)
        weights = sampling_weights(train.films, options.balance, options.power)
        self.batches = BatchMaker(train, weights, options)
        self.objective = Objective(network_to_train(options), network_for(options), options)
        self.number, self.elapsed, self.history = 0, 0.0, list[dict[str, float]]()
        self.last_look, self.losses = 0, list[float]()

    def progress(self, step: int | None = None) -> float:
        """Share of the budget used up, 0-1, now or at a step."""
        if self.options.minutes is not None:
            return min(self.elapsed / (60 * self.options.minutes), 1.0)
        number = self.number if step is None else step
        return min(number * self.options.batch / (self.options.epochs * len(self.films.films)), 1.0)

    def size(self, step: int | None = None) -> int:
        """The side of the films, now or at a step."""
        return [side for start, side in self.options.sizes if self.progress(step) >= start][-1]

    def fit(self) -> keras.Model:
        """Train to the end of the budget; returns the averaged network as it is then."""
        began, before = time.monotonic(), self.elapsed
        for batch in in_background(steps(self.batches, start=self.number, size=self.size)):
            if self.progress() >= 1.0:
                break
            self.losses = [*self.losses[1 - LOSSES :], self._learn(batch)]
            self.elapsed = before + time.monotonic() - began
            if self.number % 50 == 0:
                self._report(self.losses[-50:])
            look = math.floor(self.progress() * self.options.looks)
            if look > self.last_look:
                self.last_look = look
                self._evaluate(float(np.mean(self.losses)))
        return self.objective.average

    def _learn(self, batch: Batch) -> float:
        rate = learning_rate(self.progress(), self.options)
        # At first the average follows closely, for it begins with weights that have learnt nothing.
        momentum = min(self.options.ema, (1 + self.number) / (10 + self.number))
        loss = self.objective.step(batch, rate=rate, momentum=momentum)
        self.number += 1
        return loss

    def _report(self, losses: list[float]) -> None:
        progress = self.progress()
        left = self.elapsed / max(progress, 1e-6) * (1 - progress) / 60
        seen = self.number * self.options.batch
        log.info(
            "step %d  %.0f films/s  loss %.3f  %d px  rate %.1e  %.1f %% done, about %.0f min left",
            self.number, seen / max(self.elapsed, 1e-6), np.mean(losses), self.size(),
            learning_rate(progress, self.options), 100 * progress, left,
        )  # fmt: skip

    def _evaluate(self, loss: float) -> None:
        figures = {"step": self.number, "minutes": self.elapsed / 60, "loss": loss, "size": self.size()}
        figures["learning_rate"] = learning_rate(self.progress(), self.options)
        if self.val is not None:
            logits = predict(self.objective.average, self.val.pixels)
            figures |= validation_figures(logits, self.val.labels, self.val.films)
        self.history.append(figures)
        if self.checkpoints is not None:
            saved.save(self.checkpoints, self)
        log.info("val: %s", "  ".join(f"{key} {value:.4g}" for key, value in figures.items()))

    def resume(self) -> bool:
        """Resume from the last checkpoint, if there is one; False otherwise."""
        return self.checkpoints is not None and saved.restore(self.checkpoints, self)


def best_of(checkpoints: Path) -> Fitted:
    """The network with the least loss on `val`, of a run that has ended, was interrupted or still goes on."""
    run, options = saved.read_run(checkpoints), saved.options_of(checkpoints)
    best = min(run["history"], key=lambda look: look["nll"])
    model = network_for(options)
    model.load_weights(checkpoints / f"{int(best['step']):06d}.weights.h5")
    return Fitted(
        model=model,
        history=run["history"],
        best=best,
        minutes=run["elapsed"] / 60,
        films_seen=run["step"] * options.batch,
    )

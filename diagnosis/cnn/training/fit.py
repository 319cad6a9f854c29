"""Training: a budget in minutes or epochs, small films first, checkpoints all the way, the best one on `val`.

Progress is the share of the budget that is used up, so the learning rate and the training size follow the
clock where the budget is minutes: a run on a busy machine sees fewer films but still ends on time and cooled
down. What is kept is an exponential moving average of the weights.
"""

import json
import logging
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from diagnosis.cnn.architectures import efficientnet_lite0, freeze_blocks, load_imagenet
from diagnosis.cnn.findings import FINDINGS, NORMAL
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.augmentation import AugmentationOptions
from diagnosis.cnn.training.batches import batches, in_background
from diagnosis.cnn.training.dataset import Film, Manifest, grey_levels, sampling_weights
from diagnosis.cnn.training.imagenet import read_state_dict, weights_path
from diagnosis.cnn.training.metrics import accuracy, auroc, macro_auroc, negative_log_likelihood, softmax
from diagnosis.cnn.training.options import TrainingOptions

log = logging.getLogger(__name__)


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


def predict(model: keras.Model, films: NDArray[np.uint8], *, batch: int = 32) -> NDArray[np.float32]:
    """Logits (n, 3) of grey levels uint8 (n, size, size)."""
    run = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    parts = [
        run(tf.constant(films[start : start + batch, ..., np.newaxis], tf.float32)).numpy()
        for start in range(0, len(films), batch)
    ]
    return np.concatenate(parts)


def validation_figures(
    logits: NDArray[np.float32], labels: NDArray[np.int32], films: tuple[Film, ...]
) -> dict[str, float]:
    """What is looked at during a run. A checkpoint is chosen by `nll`, which judges order and calibration and
    moves less by chance than the AUROC inside a small source; that one is here to show shortcuts, since no
    knowledge of the source can raise it.
    """
    probabilities = softmax(logits)
    pooled = macro_auroc(probabilities, labels)
    abnormal = labels != NORMAL
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
    """One training run: its network, its average, its clock and its checkpoints."""

    def __init__(
        self,
        manifest: Manifest,
        options: TrainingOptions,
        *,
        cache: Path,
        checkpoints: Path,
        preprocessing: PreprocessingParameters | None = None,
    ) -> None:
        self.options, self.checkpoints = options, checkpoints
        checkpoints.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(options.seed)
        parameters = preprocessing or PreprocessingParameters()
        train, self.val = manifest.of_split("train"), manifest.of_split("val")
        self.films = grey_levels(manifest, train, parameters, cache)
        self.val_films = grey_levels(manifest, self.val, parameters, cache)
        self.labels, self.val_labels = _label_array(train), _label_array(self.val)
        self.weights = sampling_weights(train)
        self.model = efficientnet_lite0(dropout=options.dropout)
        if options.imagenet:
            load_imagenet(self.model, read_state_dict(weights_path()))
        freeze_blocks(self.model, options.frozen_blocks)
        self.average = keras.models.clone_model(self.model)
        self.average.set_weights(self.model.get_weights())
        self.optimizer = keras.optimizers.AdamW(
            options.learning_rate, weight_decay=options.weight_decay, global_clipnorm=2.0
        )
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.optimizer.build(self.model.trainable_variables)
        self.step, self.elapsed, self.history = 0, 0.0, list[dict[str, float]]()
        self._train_step = tf.function(self._one_step, reduce_retracing=True)

    def progress(self) -> float:
        """Share of the budget that is used up, 0-1."""
        if self.options.minutes is not None:
            return min(self.elapsed / (60 * self.options.minutes), 1.0)
        return min(self.step * self.options.batch / (self.options.epochs * len(self.films)), 1.0)

    def size(self) -> int:
        """The side of the films at this point of the run."""
        return [side for start, side in self.options.sizes if self.progress() >= start][-1]

    def _one_step(self, films: Any, labels: Any, momentum: Any) -> Any:
        targets = tf.one_hot(labels, len(FINDINGS))
        with tf.GradientTape() as tape:
            logits = self.model(films, training=True)
            losses = keras.losses.categorical_crossentropy(
                targets, logits, from_logits=True, label_smoothing=self.options.label_smoothing
            )
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, self.model.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))
        for mean, value in zip(self.average.variables, self.model.variables, strict=True):
            if value.dtype == "float32":
                mean.assign(momentum * mean + (1.0 - momentum) * value)
        return loss

    def fit(self) -> Fitted:
        """Train to the end of the budget and return the checkpoint with the least loss on `val`."""
        source = batches(
            self.films,
            self.labels,
            self.weights,
            options=self.options,
            size=self.size,
            seed=self.options.seed + self.step,
        )
        losses, looked, began, before = list[float](), self.elapsed, time.monotonic(), self.elapsed
        for films, labels in in_background(source):
            self.optimizer.learning_rate.assign(learning_rate(self.progress(), self.options))
            momentum = min(self.options.ema, (1 + self.step) / (10 + self.step))
            losses.append(float(self._train_step(films, labels, tf.constant(momentum, tf.float32))))
            self.step += 1
            self.elapsed = before + time.monotonic() - began
            if self.step % 50 == 0:
                self._report(losses[-50:])
            done = self.progress() >= 1.0
            if done or self.elapsed - looked >= 60 * self.options.evaluate_every:
                self._evaluate(float(np.mean(losses[-200:])))
                looked = self.elapsed
            if done:
                break
        return self.best()

    def _report(self, losses: list[float]) -> None:
        progress = self.progress()
        left = self.elapsed / max(progress, 1e-6) * (1 - progress) / 60
        seen = self.step * self.options.batch
        log.info(
            "step %d  %.0f films/s  loss %.3f  %d px  rate %.1e  %.1f %% done, about %.0f min left",
            self.step, seen / self.elapsed, np.mean(losses), self.size(),
            learning_rate(progress, self.options), 100 * progress, left,
        )  # fmt: skip

    def _evaluate(self, loss: float) -> None:
        figures = validation_figures(predict(self.average, self.val_films), self.val_labels, self.val)
        figures |= {"step": self.step, "minutes": self.elapsed / 60, "loss": loss, "size": self.size()}
        self.history.append(figures)
        self.average.save_weights(self.checkpoints / f"{self.step:06d}.weights.h5")
        self._save_state()
        log.info("val: %s", "  ".join(f"{key} {value:.4g}" for key, value in figures.items()))

    def _save_state(self) -> None:
        """Everything a cut run needs to go on, written beside and renamed."""
        parts = {"model": self.model.variables, "average": self.average.variables}
        parts["optimizer"] = self.optimizer.variables
        arrays = {
            f"{part}/{number}": np.asarray(variable)
            for part, variables in parts.items()
            for number, variable in enumerate(variables)
        }
        partial = self.checkpoints / "state.partial.npz"
        with partial.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        partial.rename(self.checkpoints / "state.npz")
        run = {
            "step": self.step,
            "elapsed": self.elapsed,
            "history": self.history,
            "options": asdict(self.options),
        }
        (self.checkpoints / "run.json").write_text(json.dumps(run, indent=1))

    def resume(self) -> bool:
        """Go on from the last checkpoint of this folder, if there is one with the same options."""
        path = self.checkpoints / "run.json"
        if not path.exists():
            return False
        run = json.loads(path.read_text())
        if run["options"] != json.loads(json.dumps(asdict(self.options))):
            raise ValueError(f"{path} belongs to a run with other options: name another folder")
        with np.load(self.checkpoints / "state.npz") as state:
            parts = {"model": self.model.variables, "average": self.average.variables}
            parts["optimizer"] = self.optimizer.variables
            for part, variables in parts.items():
                for number, variable in enumerate(variables):
                    variable.assign(state[f"{part}/{number}"])
        self.step, self.elapsed, self.history = run["step"], run["elapsed"], run["history"]
        return True

    def best(self) -> Fitted:
        """The checkpoint with the least loss on `val`, loaded."""
        return best_of(self.checkpoints)


def options_of(checkpoints: Path) -> TrainingOptions:
    """The options that the run of these checkpoints was started with."""
    values = json.loads((checkpoints / "run.json").read_text())["options"]
    augmentation = values.pop("augmentation")
    augmentation["jpeg_quality"] = tuple(augmentation["jpeg_quality"])
    values["sizes"] = tuple((start, side) for start, side in values["sizes"])
    return TrainingOptions(**values, augmentation=AugmentationOptions(**augmentation))


def best_of(checkpoints: Path) -> Fitted:
    """The network with the least loss on `val` of a run that ended, was cut, or still goes on."""
    run = json.loads((checkpoints / "run.json").read_text())
    best = min(run["history"], key=lambda figures: figures["nll"])
    model = efficientnet_lite0(dropout=run["options"]["dropout"])
    model.load_weights(checkpoints / f"{int(best['step']):06d}.weights.h5")
    return Fitted(
        model=model,
        history=run["history"],
        best=best,
        minutes=run["elapsed"] / 60,
        films_seen=run["step"] * run["options"]["batch"],
    )


def _label_array(films: tuple[Film, ...]) -> NDArray[np.int32]:
    return np.array([FINDINGS.index(film.label) for film in films], dtype=np.int32)

"""One training step: the loss, what it adds against shortcuts, and the moving average of the weights."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from diagnosis.cnn.training.batches import Batch
from diagnosis.cnn.training.data.films import FilmArray
from diagnosis.cnn.training.options import TrainingOptions

# Early enough that what is mixed is the film's look and not yet what it shows; by architecture.
STYLE_LAYERS = {"efficientnet_lite0": "block2_add"}


class Objective:
    """The network in training, its average, its optimizer, and the parts that live in training only.

    average: a network of the same build, which may compute with more bits; its weights are overwritten.
    """

    def __init__(
        self, model: keras.Model, average: keras.Model, films: FilmArray, options: TrainingOptions
    ) -> None:
        self.options, self.model, self.average = options, model, average
        self.average.set_weights(model.get_weights())
        self.front, self.back = _halves(model, options)
        counts = np.bincount(films.cells, minlength=int(films.cells.max()) + 1)
        self.cell_share = tf.Variable(np.ones(len(counts), np.float32), trainable=False)
        self.sources = len(films.source_names)
        self.classes = int(model.output_shape[-1])
        self.critic = _critic(int(self.back.output[1].shape[-1]) + self.classes, self.sources)
        self.trained = list(model.trainable_variables)
        if options.adversary:
            self.trained += self.critic.trainable_variables
        self.optimizer = keras.optimizers.AdamW(
            options.learning_rate, weight_decay=options.weight_decay, global_clipnorm=2.0
        )
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.optimizer.build(self.trained)
        self._step = tf.function(self._one_step, reduce_retracing=True)

    def variables(self) -> list[Any]:
        """Everything that a cut run needs to go on, in a fixed order."""
        return [
            *self.model.variables,
            *self.average.variables,
            *self.critic.variables,
            *self.optimizer.variables,
            self.cell_share,
        ]

    def step(self, batch: Batch, *, number: int, rate: float, momentum: float, ramp: float) -> float:
        """Learn from a batch; returns its loss. ramp: 0-1, how much of the adversary's weight holds now."""
        self.optimizer.learning_rate.assign(rate)
        floats = tf.constant([momentum, ramp], tf.float32)
        seed = tf.constant([self.options.seed, number], tf.int32)
        parts = (batch.pixels, batch.labels, batch.cells, batch.sources, batch.known)
        return float(self._step(*(tf.constant(part) for part in parts), floats, seed))

    def _one_step(
        self, films: Any, labels: Any, cells: Any, sources: Any, known: Any, floats: Any, seed: Any
    ) -> Any:
        onehot = tf.one_hot(labels, self.classes)
        smooth = self.options.label_smoothing
        targets = onehot * (1 - smooth) + smooth / self.classes
        targets = known[:, None] * targets + (1 - known[:, None]) / self.classes
        with tf.GradientTape() as tape:
            hidden = self.front(films, training=True)
            if self.options.mix_style:
                hidden = mixed_style(hidden, self.options.mix_style, seed)
            logits, pooled = (tf.cast(part, tf.float32) for part in self.back(hidden, training=True))
            losses = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
            loss = self._weighed(losses, cells)
            if self.options.adversary:
                guess = self.critic(
                    tf.concat([_reversed(pooled, self.options.adversary * floats[1]), onehot], 1),
                    training=True,
                )
                guessed = tf.nn.sparse_softmax_cross_entropy_with_logits(sources, guess)
                loss += tf.reduce_sum(known * guessed) / tf.maximum(tf.reduce_sum(known), 1.0)
        gradients = tape.gradient(loss, self.trained)
        self.optimizer.apply_gradients(zip(gradients, self.trained, strict=True))
        for mean, value in zip(self.average.variables, self.model.variables, strict=True):
            if value.dtype == "float32":
                mean.assign(floats[0] * mean + (1.0 - floats[0]) * value)
        return loss

    def _weighed(self, losses: Any, cells: Any) -> Any:
        """The mean loss; under group DRO, cells that do badly count more from step to step."""
        if not self.options.group_robust:
            return tf.reduce_mean(losses)
        count = len(self.cell_share)
        present = tf.math.unsorted_segment_sum(tf.ones_like(losses), cells, count)
        worst = tf.math.unsorted_segment_mean(losses, cells, count)
        grown = self.cell_share * tf.exp(self.options.group_robust * tf.stop_gradient(worst))
        self.cell_share.assign(tf.where(present > 0, grown, self.cell_share))
        self.cell_share.assign(self.cell_share * count / tf.reduce_sum(self.cell_share))
        weights = tf.gather(self.cell_share, cells)
        return tf.reduce_sum(weights * losses) / tf.reduce_sum(weights)


def mixed_style(features: Any, share: float, seed: Any) -> Any:
    """MixStyle (Zhou et al. 2021): mean and spread of each channel blended with another film's, in a share
    of batches; features (n, h, w, c). The blend is drawn from Beta(0.1, 0.1), here by two gamma draws."""
    kept, features = features.dtype, tf.cast(features, tf.float32)
    mean, variance = tf.nn.moments(features, [1, 2], keepdims=True)
    spread = tf.sqrt(variance + 1e-6)
    mean, spread = tf.stop_gradient(mean), tf.stop_gradient(spread)
    count = tf.shape(features)[0]
    order = tf.argsort(tf.random.stateless_uniform([count], seed))
    draws = tf.random.stateless_gamma([count, 1, 1, 1, 2], seed + tf.constant([0, 1]), alpha=0.1) + 1e-8
    blend = draws[..., 0] / tf.reduce_sum(draws, -1)
    new_mean = blend * mean + (1 - blend) * tf.gather(mean, order)
    new_spread = blend * spread + (1 - blend) * tf.gather(spread, order)
    mixed = (features - mean) / spread * new_spread + new_mean
    chosen = tf.random.stateless_uniform([], seed + tf.constant([1, 0])) < share
    return tf.cast(tf.where(chosen, mixed, features), kept)


def _halves(model: keras.Model, options: TrainingOptions) -> tuple[keras.Model, keras.Model]:
    """The network cut where styles are mixed; without mixing, in front of everything."""
    cut = model.inputs[0]
    if options.mix_style:
        if options.architecture not in STYLE_LAYERS:
            known = ", ".join(STYLE_LAYERS)
            raise ValueError(f"mix_style is made for {known}, not for {options.architecture}")
        cut = model.get_layer(STYLE_LAYERS[options.architecture]).output
    front = keras.Model(model.inputs, cut)
    return front, keras.Model(cut, [model.output, model.get_layer("pooled").output])


def _critic(inputs: int, sources: int) -> keras.Model:
    """Pooled features and the class -> logits of the source: what the network must not make possible."""
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.1),
            layers.Dense(sources),
        ]
    )


@tf.custom_gradient
def _reversed(x: Any, weight: Any) -> Any:
    """The same values; the gradient comes back with the other sign (Ganin et al. 2016)."""

    def back(gradient: Any) -> Any:
        return -weight * gradient, None

    return tf.identity(x), back

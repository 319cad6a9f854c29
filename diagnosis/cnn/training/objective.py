"""One training step, as Keras takes it, and the moving average of the weights."""

from typing import Any

import keras
import tensorflow as tf

from diagnosis.cnn.training.batches import Batch
from diagnosis.cnn.training.options import TrainingOptions


class Objective:
    """The network in training, its average and its optimizer.

    average: a network of the same build, which may compute with more bits; its weights are overwritten.
    """

    def __init__(self, model: keras.Model, average: keras.Model, options: TrainingOptions) -> None:
        self.model, self.average = model, average
        average.set_weights(model.get_weights())
        self.optimizer = keras.optimizers.AdamW(
            options.learning_rate, weight_decay=options.weight_decay, global_clipnorm=2.0
        )
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.optimizer.build(model.trainable_variables)
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=options.label_smoothing)
        model.compile(self.optimizer, loss, jit_compile=False)  # films change their size during a run
        self._follow = tf.function(self._averaged)

    def variables(self) -> list[Any]:
        """Everything an interrupted run needs to resume, in a fixed order."""
        return [*self.model.variables, *self.average.variables, *self.optimizer.variables]

    def step(self, batch: Batch, *, rate: float, momentum: float) -> float:
        """Learn from a batch; returns its loss. momentum: how much of the average so far stays, 0-1."""
        self.optimizer.learning_rate.assign(rate)
        self.model.reset_metrics()  # Keras would return the mean loss of all steps so far
        loss = float(self.model.train_on_batch(batch.pixels, batch.targets))
        self._follow(tf.constant(momentum, tf.float32))
        return loss

    def _averaged(self, momentum: Any) -> None:
        for mean, value in zip(self.average.variables, self.model.variables, strict=True):
            if value.dtype == "float32":
                mean.assign(momentum * mean + (1.0 - momentum) * value)

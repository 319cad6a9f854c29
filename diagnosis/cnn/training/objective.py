"""What a network learns by: its optimizer with averaged weights, its learning rate and its loss."""

from typing import Any

import keras
from keras import ops

from diagnosis.cnn.training.options import TrainingOptions


class AveragingAdamW(keras.optimizers.AdamW):
    """AdamW with Keras' moving average of the weights, which follows closely at first: it begins with weights
    that have learnt nothing."""

    @property
    def ema_momentum(self) -> Any:
        """How much of the average so far stays at this step, 0-1."""
        step = ops.cast(self.iterations, "float32")
        return ops.minimum(self._most, (1.0 + step) / (10.0 + step))

    @ema_momentum.setter
    def ema_momentum(self, value: float) -> None:
        self._most = value


class PairedLoss(keras.losses.Loss):
    """Cross-entropy, and a weight times the distance between the answers to the two films of a pair.

    The distance is half of Jeffreys' divergence, the mean of the two Kullback-Leibler divergences. Of a batch
    (2n, classes), row k and row n + k are a pair; with weight 0 there are no pairs.
    """

    def __init__(self, weight: float, label_smoothing: float) -> None:
        super().__init__(name="paired_loss")
        self.weight, self.label_smoothing = weight, label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each film, (2n,), from targets and logits."""
        loss = keras.losses.categorical_crossentropy(
            y_true, y_pred, from_logits=True, label_smoothing=self.label_smoothing
        )
        if not self.weight:
            return loss
        film, copy = ops.split(ops.log_softmax(y_pred, axis=-1), 2)
        distance = 0.5 * ops.sum((ops.exp(film) - ops.exp(copy)) * (film - copy), axis=-1)
        return loss + self.weight * ops.concatenate([distance, distance])


def learning_rate(options: TrainingOptions, steps: int) -> keras.optimizers.schedules.CosineDecay:
    """Linear warm-up, then half a cosine down to one hundredth, over so many steps."""
    warm_up = round(options.warm_up * steps)
    rate = options.learning_rate
    return keras.optimizers.schedules.CosineDecay(
        rate * 0.02 if warm_up else rate,
        max(1, steps - warm_up),
        alpha=0.01,
        warmup_target=rate if warm_up else None,
        warmup_steps=warm_up,
    )


def compile_for(model: keras.Model, options: TrainingOptions, rate: Any) -> None:
    """Make a network ready for `fit`; rate: a schedule by steps, or a number that somebody else changes."""
    optimizer = AveragingAdamW(
        rate, weight_decay=options.weight_decay, global_clipnorm=2.0, use_ema=True, ema_momentum=options.ema
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(model.trainable_variables)
    loss = PairedLoss(options.consistency, options.label_smoothing)
    model.compile(optimizer, loss, jit_compile=False)  # films change their size during a run

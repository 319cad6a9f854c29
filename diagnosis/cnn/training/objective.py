"""What a network learns by: its optimizer with averaged weights, its learning rate and its loss."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from diagnosis.cnn.training.options import TrainingOptions


@dataclass(frozen=True)
class Statistics:
    """A network's variables and their averages; Keras looks into lists, and would take them for its own."""

    now: tuple[Any, ...] = ()
    means: tuple[Any, ...] = ()

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Each variable with its average."""
        return zip(self.now, self.means, strict=True)


class AveragingAdamW(keras.optimizers.AdamW):
    """AdamW with Keras' moving average of the weights, which follows closely at first: it begins with weights
    that have learnt nothing.

    Batch normalization's statistics, which Keras leaves out, are averaged likewise: those of the weights of
    now do not fit averaged weights.
    """

    also = Statistics()

    def build(self, variables: Any, statistics: Sequence[Any] = ()) -> None:
        """Make the averages; statistics: variables that are averaged, and not learnt."""
        super().build(variables)
        if statistics:
            means = [self.add_variable_from_reference(one, name="average") for one in statistics]
            self.also = Statistics(tuple(statistics), tuple(means))

    def _update_model_variables_moving_average(self, trainable_variables: Any) -> None:
        super()._update_model_variables_moving_average(trainable_variables)
        stays = ops.cast(ops.not_equal(self.iterations, 0), "float32") * self.ema_momentum
        for now, mean in self.also.pairs():
            mean.assign(stays * mean + (1.0 - stays) * now)

    def finalize_variable_values(self, var_list: Any) -> None:
        """The averages become the network's; Keras calls this at the end of `fit`."""
        super().finalize_variable_values(var_list)
        for now, mean in self.also.pairs():
            now.assign(mean)

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
    statistics = [
        one
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        for one in layer.non_trainable_variables
    ]
    optimizer.build(model.trainable_variables, statistics)
    loss = PairedLoss(options.consistency, options.label_smoothing)
    model.compile(optimizer, loss, jit_compile=False)  # films change their size during a run

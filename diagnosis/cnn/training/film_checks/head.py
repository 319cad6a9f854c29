"""The film checks' network: a frozen ImageNet trunk, and the small head that is fitted on what it sees."""

from collections.abc import Mapping
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from diagnosis.cnn.architectures import ARCHITECTURES
from diagnosis.cnn.quality.film_checks import CHECKS_INPUT, KINDS
from diagnosis.cnn.training.imagenet import read_state_dict, weights_path
from diagnosis.cnn.training.options import FilmCheckOptions

TRUNK_LAYER: Final = "block10_add"  # 8 x 8 places: still knows where on the film something lies
# Columns of `samples.truths`, and how many values each has.
TRUTHS: Final = {"kind": len(KINDS), "inverted": 2, "turned": 4, "mirrored": 2}


def trunk() -> keras.Model:
    """Grey levels (n, 128, 128, 1), 0-255 -> what ImageNet's network sees in them (n, 8, 8, 112)."""
    network = ARCHITECTURES["efficientnet_lite0"]
    model = network.build(size=CHECKS_INPUT.size)
    if network.load_imagenet is not None:
        network.load_imagenet(model, read_state_dict(weights_path()))
    return keras.Model(model.input, model.get_layer(TRUNK_LAYER).output, name="trunk")


def head(shape: tuple[int, ...]) -> keras.Model:
    """What the trunk sees (n, h, w, c) -> logits of each of TRUTHS."""
    inputs = keras.Input(shape, name="seen")
    x = layers.BatchNormalization(momentum=0.95)(inputs)
    x = layers.SpatialDropout2D(0.1)(x)
    x = layers.Conv2D(56, 1, use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.95)(x))
    x = layers.Conv2D(72, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.95)(x))
    x = layers.Dropout(0.4)(layers.Flatten()(x))
    x = layers.Dense(96, use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.95)(x))
    x = layers.Dropout(0.3)(x)
    outputs = {name: layers.Dense(count, name=name)(x) for name, count in TRUTHS.items()}
    return keras.Model(inputs, outputs, name="film_checks")


def fit_head(
    seen: NDArray[np.floating], truths: NDArray[np.integer], options: FilmCheckOptions
) -> keras.Model:
    """The head fitted on what the trunk saw (n, h, w, c) and the truths (n, 4); -1 is no truth."""
    keras.utils.set_random_seed(options.seed)
    random = np.random.default_rng(options.seed)
    model = head(seen.shape[1:])
    steps = max(1, round(options.epochs * len(seen) / options.batch))
    rate = keras.optimizers.schedules.CosineDecay(options.learning_rate, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=options.weight_decay)
    optimizer.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, loss = model(x, training=True), 0.0
            for column, name in enumerate(TRUTHS):
                known = tf.cast(y[:, column] >= 0, tf.float32)
                each = tf.nn.sparse_softmax_cross_entropy_with_logits(
                    tf.maximum(y[:, column], 0), logits[name]
                )
                loss += tf.reduce_sum(each * known) / (tf.reduce_sum(known) + 1.0)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    for _ in range(steps):
        chosen = random.integers(0, len(seen), options.batch)
        step(tf.constant(seen[chosen], tf.float32), tf.constant(truths[chosen], tf.int32))
    return model


def logits_of(model: keras.Model, seen: NDArray[np.floating]) -> dict[str, NDArray[np.float32]]:
    """The head's logits by name, of what the trunk saw."""
    run = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    parts = [run(tf.constant(seen[k : k + 64], tf.float32)) for k in range(0, len(seen), 64)]
    return {name: np.concatenate([part[name].numpy() for part in parts]) for name in TRUTHS}


def temperatures(logits: Mapping[str, NDArray[Any]], truths: NDArray[np.integer]) -> dict[str, float]:
    """By truth, what logits are divided by so that the probabilities are the shares that are right."""
    found: dict[str, float] = {}
    grid = np.exp(np.linspace(np.log(0.5), np.log(6), 60))
    for column, name in enumerate(TRUTHS):
        known = truths[:, column] >= 0
        values, right = logits[name][known].astype(np.float64), truths[known, column].astype(int)
        found[name] = float(min(grid, key=lambda t: _loss(values / t, right))) if known.any() else 1.0
    return found


def _loss(logits: NDArray[np.float64], right: NDArray[np.integer]) -> float:
    top = logits.max(axis=1, keepdims=True)
    sums = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    return float((sums - logits[np.arange(len(right)), right]).mean())


def serving(model: keras.Model, divided_by: Mapping[str, float]) -> keras.Model:
    """Trunk and head in one graph: grey levels -> the probabilities that `FilmChecks` reads."""
    side = CHECKS_INPUT.size
    film = keras.Input((side, side, 1), batch_size=1, name="film")
    logits = model(trunk()(film))
    said = {name: layers.Softmax()(logits[name] / divided_by[name]) for name in TRUTHS}
    said |= {name: said[name][:, 1:] for name in ("inverted", "mirrored")}
    return keras.Model(film, said, name="film_checks")


def as_lite(graph: keras.Model) -> bytes:
    """The graph as LiteRT runs it, float32."""
    converted: bytes = tf.lite.TFLiteConverter.from_keras_model(graph).convert()
    return converted

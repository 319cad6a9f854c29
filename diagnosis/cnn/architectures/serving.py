"""The graph that serves: every answer about a film in one pass, for any of the networks."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from diagnosis.cnn.architectures.efficientnet_lite0 import GATE_LAYER
from diagnosis.cnn.architectures.levels import LevelHead, level_map


def evidence(model: keras.Model, heads: Sequence[LevelHead] = (), share: float = 0.0) -> tuple[Any, Any]:
    """Activation (n, h, w, classes) and logits (n, classes): the mean of the first and a bias is the second.

    heads, share: what early layers say of abnormal against normal, and how much of the answer to that they
    make up: its log-odds are share x theirs + (1 - share) x the network's. Which kind of abnormal film it is
    stays the last layer's to say. With heads, `model` must have a fixed size, and a logit holds a part that
    has no place in the film: see `certainty_of_kind`.
    """
    kernel, bias = model.get_layer("logits").get_weights()
    classes = kernel.shape[1]
    if heads:
        turned = shared_between(classes, share)
        kernel, bias = kernel @ turned, bias @ turned
    reader = layers.Conv2D(classes, 1, use_bias=False, name="activation")
    activation = reader(model.get_layer("features").output)
    reader.set_weights([kernel[np.newaxis, np.newaxis]])
    last = layers.Dense(classes, name="raw")
    logits = last(model.get_layer("pooled").output)
    last.set_weights([kernel, bias])
    if not heads:
        return activation, logits
    towards = np.array([0.5] * (classes - 1) + [-0.5], dtype=np.float32) * np.float32(share)
    maps = [level_map(model, head, activation.shape[1]) for head in heads]
    early = keras.ops.mean(keras.ops.concatenate(maps, axis=-1), axis=-1, keepdims=True) * towards
    offset = np.mean([head.bias for head in heads], dtype=np.float32) * towards
    logits = logits - certainty_of_kind(logits) * towards
    return activation + early, logits + keras.ops.mean(early, axis=(1, 2)) + offset


def shared_between(classes: int, share: float) -> NDArray[np.float32]:
    """What turns the last layer's logits into its part of an answer it shares, (classes, classes).

    Its log-odds of abnormal (the mean of the abnormal logits less the normal one) shrink to 1 - share;
    differences among the abnormal ones stay.
    """
    abnormal = classes - 1
    odds = np.append(np.full(abnormal, 1 / abnormal), -1.0)
    part = (1 - share) / 2 * np.outer(odds, [1.0] * abnormal + [-1.0])
    part[:abnormal, :abnormal] += np.eye(abnormal) - 1 / abnormal
    return part.astype(np.float32)


def certainty_of_kind(logits: Any) -> Any:
    """By how much log-odds of abnormal exceed the mean of the abnormal logits less the normal one, (n, 1).

    The more the abnormal logits differ, the more. Differences stay whole in an answer with level heads, so
    this would as well, and a film be the more abnormal the surer its kind: docs/experiments.md.
    """
    abnormal = logits[:, :-1]
    together = keras.ops.logsumexp(abnormal, axis=-1, keepdims=True)
    return together - keras.ops.mean(abnormal, axis=-1, keepdims=True)


def serving_model(
    model: keras.Model,
    *,
    temperature: float,
    gate_layer: str = GATE_LAYER,
    heads: Sequence[LevelHead] = (),
    share: float = 0.0,
    baseline: NDArray[np.floating] | None = None,
) -> keras.Model:
    """The graph that serves, all answers in one pass, from float32 (n, size, size, 1), 0-255.

    Outputs by name: "probabilities" (n, classes) after temperature scaling (Guo et al. 2017), "logits"
    (n, classes) as the network gave them, "activation" (n, h, w, classes) the class activation map (Zhou et
    al. 2016; its mean plus a bias *is* the logit, but for what `evidence` says), "pooled" (n, c) the features
    behind the last layer's logits, "gate" (n, d) the features of `gate_layer`, in the middle of the network,
    averaged over the film, for the question whether this is a film at all. heads, share: see `evidence`.
    baseline: (h, w, classes), what is taken off every activation; its mean over the places must be zero.
    """
    activation, logits = evidence(model, heads, share)
    if baseline is not None:
        activation = activation - np.asarray(baseline, dtype=np.float32)
    calibrated = layers.Rescaling(1.0 / temperature, name="temperature")(logits)
    outputs = {
        "probabilities": layers.Softmax(name="softmax")(calibrated),
        "logits": logits,
        "activation": activation,
        "pooled": model.get_layer("pooled").output,
        "gate": layers.GlobalAveragePooling2D(name="gate")(model.get_layer(gate_layer).output),
    }
    return keras.Model(model.inputs, outputs, name="serving")


def mapping_model(model: keras.Model, heads: Sequence[LevelHead], share: float) -> keras.Model:
    """The network's activation without a baseline, for finding one; `model` must have a fixed size."""
    return keras.Model(model.inputs, evidence(model, heads, share)[0])


def answering_model(model: keras.Model, heads: Sequence[LevelHead], share: float) -> keras.Model:
    """The network's logits with its level heads, for training's own measurements."""
    return keras.Model(model.inputs, evidence(model, heads, share)[1])

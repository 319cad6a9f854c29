"""The graph that serves: every answer about a film in one pass, for any of the networks.

Beside the last layer there may be level heads: linear readers of early layers, for abnormal against normal.
What early layers of an ImageNet network see (brightness, edges, texture, in the upper, middle and lower third
of a film) carried over to other hospitals better than the fine-tuned last layers: research/README.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from diagnosis.cnn.architectures import ARCHITECTURES
from diagnosis.cnn.architectures.efficientnet_lite0 import GATE_LAYER


@dataclass(frozen=True)
class Level:
    """A layer that is read. rows: into how many bands, one above the other, its average is taken."""

    layer: str
    rows: int


# Chosen on films of hospitals and machines that were left out: research/README.md.
LEVELS: Final[Mapping[str, Mapping[str, tuple[Level, ...]]]] = MappingProxyType(
    {
        "efficientnet_lite0": {
            "early": (
                Level("block3_project_bn", 3),
                Level("block4_depthwise_relu", 1),
                Level("block4_add", 1),
                Level("block6_add", 3),
            ),
            "middle": (Level("block10_add", 3),),
        }
    }
)


@dataclass(frozen=True)
class LevelHead:
    """A fitted reader of a level: log-odds of an abnormal film = (averages - mean) @ kernel + bias.

    mean, kernel: (rows * channels,), band by band, the averages' spread folded into the kernel.
    """

    level: Level
    mean: NDArray[np.float32]
    kernel: NDArray[np.float32]
    bias: float


def blocks_read(architecture: str, levels: str) -> int:
    """How many of its first blocks the heads of an architecture read, which training must not change."""
    names = [level.layer for level in LEVELS.get(architecture, {}).get(levels, ())]
    return 1 + max((int(name.removeprefix("block").split("_")[0]) for name in names), default=-1)


def bands(height: int, rows: int) -> list[tuple[int, int]]:
    """Where each band of a map begins and ends, from the top; the last takes what is left over."""
    step = height // rows
    return [(row * step, height if row == rows - 1 else (row + 1) * step) for row in range(rows)]


def level_averages(model: keras.Model, levels: Sequence[Level]) -> keras.Model:
    """A network of fixed size -> the averages of each level, a list of (n, rows * channels)."""
    outputs = []
    for level in levels:
        x = model.get_layer(level.layer).output
        parts = [keras.ops.mean(x[:, a:b], axis=(1, 2)) for a, b in bands(x.shape[1], level.rows)]
        outputs.append(keras.ops.concatenate(parts, axis=-1))
    return keras.Model(model.inputs, outputs)


def level_map(model: keras.Model, head: LevelHead, side: int) -> Any:
    """Evidence of a head by place, (n, side, side, 1); its mean and the head's bias are its log-odds.

    model: a network of fixed size, whose maps are a multiple of `side` wide.
    """
    x, level = model.get_layer(head.level.layer).output, head.level
    height, channels = x.shape[1], x.shape[-1]
    kernels = head.kernel.reshape(level.rows, channels, 1)
    means = head.mean.reshape(level.rows, channels)
    parts = []
    for row, (a, b) in enumerate(bands(height, level.rows)):
        weight = height / (b - a)
        reader = layers.Conv2D(1, 1, name=f"{level.layer}_reader{row}")
        parts.append(reader(x[:, a:b]))
        kernel = kernels[row] * weight
        reader.set_weights([kernel[np.newaxis, np.newaxis], -(means[row] @ kernel)])
    whole = keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
    factor = height // side
    return layers.AveragePooling2D(factor, name=f"{level.layer}_map")(whole)


def evidence(model: keras.Model, heads: Sequence[LevelHead] = (), share: float = 0.0) -> tuple[Any, Any]:
    """Activation (n, h, w, classes) and logits (n, classes): the mean of the first and a bias is the second.

    heads, share: readers of early layers for abnormal against normal, and their share of that answer: its
    log-odds are share x theirs + (1 - share) x the network's. Which kind of abnormal film it is stays up to
    the last layer. With heads, `model` must have a fixed size, and a logit holds a part that
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
    """The matrix (classes, classes) from the last layer's logits to its part of a shared answer.

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

    It grows as the abnormal logits differ. Level heads leave those differences whole, so without correction a
    film would count as more abnormal the surer its kind is: research/README.md.
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


def with_fixed_size(model: keras.Model, *, architecture: str, size: int) -> keras.Model:
    """The same network for films of one size: built anew, so without parts that only training needs."""
    given = {layer.name: layer for layer in model.layers}
    more = {"bottleneck": given["bottleneck_conv"].filters} if "bottleneck_conv" in given else {}
    if ARCHITECTURES[architecture].only_size:
        more = {"bottleneck": given["features"].units}
    fixed = ARCHITECTURES[architecture].build(
        size=size, classes=given["logits"].units, dropout=given["dropout"].rate, **more
    )
    for layer in fixed.layers:
        if layer.weights:
            layer.set_weights(given[layer.name].get_weights())
    return fixed

"""Level heads: linear readers of early layers, which say with the last one whether a film is abnormal.

What early layers of an ImageNet network see (brightness, edges, texture, in the upper, middle and lower
third of a film) carries over to other hospitals better than what fine-tuning makes of the last layers:
docs/experiments.md has the figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray


@dataclass(frozen=True)
class Level:
    """A layer that is read. rows: into how many bands, one above the other, its average is taken."""

    layer: str
    rows: int


# Chosen on leave-one-source-out validation, with the training films of the sources left out.
LEVELS: Final[Mapping[str, tuple[Level, ...]]] = MappingProxyType(
    {
        "efficientnet_lite0": (
            Level("block3_project_bn", 3),
            Level("block4_depthwise_relu", 1),
            Level("block4_add", 1),
            Level("block6_add", 3),
        )
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


def blocks_read(architecture: str) -> int:
    """How many of its first blocks the heads of an architecture read, which training must not change."""
    names = [level.layer for level in LEVELS.get(architecture, ())]
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

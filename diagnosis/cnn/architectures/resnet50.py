"""ResNet-50: sixteen bottlenecks, each added to its input (He et al. 2016, "Deep residual learning").

Version 1: the ReLU follows the addition, and a block that halves the map does so in its first convolution.
For one grey channel instead of three colours; dropout before the logits, where the paper has none.
"""

from typing import Any, Final

import keras
from keras import layers

from diagnosis.cnn.architectures.blocks import (
    classified,
    conv_norm,
    conv_norm_relu,
    film,
    standardised,
)
from diagnosis.cnn.architectures.contract import Architecture

SMALLEST_SIZE: Final = 64  # below, the last map has one field and says nothing about place

# (blocks, stride of the first, filters inside); four times as many filters leave a block
STAGES: Final = ((3, 1, 64), (4, 2, 128), (6, 2, 256), (3, 2, 512))
BLOCKS: Final = sum(stage[0] for stage in STAGES)


def _bottleneck(x: Any, name: str, *, filters: int, stride: int, out: str) -> Any:
    """1x1, 3x3, 1x1 convolution, added to the input, which is projected where the shape changes."""
    shortcut = x
    if stride != 1 or x.shape[-1] != 4 * filters:
        shortcut = conv_norm(x, f"{name}_shortcut", 4 * filters, 1, stride=stride)
    x = conv_norm_relu(x, f"{name}_reduce", filters, 1, stride=stride)
    x = conv_norm_relu(x, f"{name}_middle", filters, 3)
    # Starting at zero, a block is the identity at first: deep nets from scratch begin calmly (Goyal 2017).
    x = conv_norm(x, f"{name}_expand", 4 * filters, 1, gamma_initializer="zeros")
    return layers.ReLU(name=out)(layers.Add(name=f"{name}_add")([shortcut, x]))


def resnet50(*, size: int | None = None, classes: int = 3, dropout: float = 0.0) -> keras.Model:
    """Grey levels (n, size, size, 1), 0-255 -> logits (n, classes); "features" (n, s/32, s/32, 2048)."""
    inputs = film(size, smallest=SMALLEST_SIZE, network="resnet50")
    x = conv_norm_relu(standardised(inputs), "stem", 64, 7, stride=2)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool")(x)
    number = 0
    for blocks, stride, filters in STAGES:
        for position in range(blocks):
            out = f"block{number}_relu" if number < BLOCKS - 1 else "features"
            x = _bottleneck(
                x, f"block{number}", filters=filters, stride=stride if position == 0 else 1, out=out
            )
            number += 1
    return keras.Model(inputs, classified(x, classes=classes, dropout=dropout), name="resnet50")


RESNET50: Final = Architecture(
    name="resnet50",
    build=resnet50,
    gate_layer="block9_relu",
    smallest_size=SMALLEST_SIZE,
    weights_licence=None,
    load_imagenet=None,
)

"""A plain stack of convolutions with ReLU and max pooling: what people write down first for this task.

Five convolutions one after the other with a pooling between each two, no batch norm, and one dense layer;
the softmax is part of the graph that serves, as for every network here. A global average replaces the usual
flattening, so that the class activation map is exact and the film's size is free.

With the usual flattening nearly all weights lie behind it: that network is `flattened_cnn`.
"""

from typing import Final

import keras
from keras import layers

from diagnosis.cnn.architectures.blocks import classified, film
from diagnosis.cnn.architectures.contract import Architecture

SMALLEST_SIZE: Final = 32  # below, the last map has one field and says nothing about place

FILTERS: Final = (32, 64, 128, 256, 256)  # one convolution each, all but the last followed by a pooling


def sequential_cnn(*, size: int | None = None, classes: int = 3, dropout: float = 0.0) -> keras.Model:
    """Grey levels (n, size, size, 1), 0-255 -> logits (n, classes); "features" (n, s/16, s/16, 256)."""
    inputs = film(size, smallest=SMALLEST_SIZE, network="sequential_cnn")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(inputs)
    for number, filters in enumerate(FILTERS):
        last = number == len(FILTERS) - 1
        x = layers.Conv2D(
            filters, 3, padding="same", kernel_initializer="he_normal", name=f"block{number}_conv"
        )(x)
        x = layers.ReLU(name="features" if last else f"block{number}_relu")(x)
        if not last:
            x = layers.MaxPooling2D(2, name=f"block{number}_pool")(x)
    return keras.Model(inputs, classified(x, classes=classes, dropout=dropout), name="sequential_cnn")


SEQUENTIAL_CNN: Final = Architecture(
    name="sequential_cnn",
    build=sequential_cnn,
    gate_layer="block3_relu",
    smallest_size=SMALLEST_SIZE,
    weights_licence=None,
    load_imagenet=None,
)

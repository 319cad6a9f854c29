"""VGG-16: thirteen 3x3 convolutions in five stages (Simonyan and Zisserman 2015, configuration D).

Other than in the paper: batch norm after each convolution, without which so deep a plain stack hardly learns
from random weights (the paper starts the deep ones from a trained shallow one); global average pooling and
one dense layer in the place of the two of 4,096 with their 119 million weights, so that the class activation
map is exact; one grey channel instead of three colours. The five poolings are there.
"""

from typing import Final

import keras
from keras import layers

from diagnosis.cnn.architectures.blocks import classified, conv_norm_relu, film, standardised
from diagnosis.cnn.architectures.contract import Architecture

SMALLEST_SIZE: Final = 64  # below, the last map has one field and says nothing about place

STAGES: Final = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # (convolutions, filters)


def vgg16(*, size: int | None = None, classes: int = 3, dropout: float = 0.0) -> keras.Model:
    """Grey levels (n, size, size, 1), 0-255 -> logits (n, classes); "features" (n, s/32, s/32, 512)."""
    inputs = film(size, smallest=SMALLEST_SIZE, network="vgg16")
    x = standardised(inputs)
    for number, (convolutions, filters) in enumerate(STAGES):
        for position in range(convolutions):
            x = conv_norm_relu(x, f"block{number}_{position}", filters, 3)
        last = number == len(STAGES) - 1
        x = layers.MaxPooling2D(2, name="features" if last else f"block{number}_pool")(x)
    return keras.Model(inputs, classified(x, classes=classes, dropout=dropout), name="vgg16")


VGG16: Final = Architecture(
    name="vgg16",
    build=vgg16,
    gate_layer="block3_pool",
    smallest_size=SMALLEST_SIZE,
    weights_licence=None,
    load_imagenet=None,
)

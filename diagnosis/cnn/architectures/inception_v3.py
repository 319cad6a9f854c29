"""Inception v3: eleven blocks of parallel branches (Szegedy et al. 2016, "Rethinking the Inception").

Without the auxiliary head. Other than in the paper every convolution and pooling keeps the border ("same"
padding, where the stem and the reductions of the paper lose some of it): so the last map covers the film
evenly, as heatmaps need, and 256 pixels give the 8 x 8 fields that the paper gets from 299. One grey channel
instead of three colours. The number of weights is the paper's.
"""

from collections.abc import Sequence
from typing import Any, Final

import keras
from keras import layers

from diagnosis.cnn.architectures.blocks import classified, conv_norm_relu, film
from diagnosis.cnn.architectures.contract import Architecture

SMALLEST_SIZE: Final = 64  # below, the last map has one field and says nothing about place

Kernel = int | tuple[int, int]
Chain = Sequence[tuple[int, Kernel]]  # (filters, kernel) of convolutions one after the other

WIDE_POOLS: Final = (32, 64, 64)  # filters behind the pooling of blocks 0-2
NARROW: Final = (128, 160, 160, 192)  # filters inside the 7x7 branches of blocks 4-7
TALL, FLAT = (7, 1), (1, 7)  # a 7x7 convolution in two steps (y, x)


def _conv(x: Any, name: str, filters: int, kernel: Kernel, *, stride: int = 1) -> Any:
    # The ReLU passes a scale through, and the next convolution has its own: batch norm goes without one.
    return conv_norm_relu(x, name, filters, kernel, stride=stride, epsilon=1e-3, scale=False)


def _chain(x: Any, name: str, chain: Chain, *, stride: int = 1) -> Any:
    """Convolutions one after the other; the stride is the last one's."""
    for number, (filters, kernel) in enumerate(chain):
        last = number == len(chain) - 1
        x = _conv(x, f"{name}_{number}", filters, kernel, stride=stride if last else 1)
    return x


def _pooled(x: Any, name: str, filters: int) -> Any:
    x = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    return _conv(x, f"{name}_pooled", filters, 1)


def _join(branches: Sequence[Any], name: str) -> Any:
    return layers.Concatenate(name=name)(branches)


def _wide(x: Any, name: str, *, pooled: int) -> Any:
    """1x1, 5x5 and twice 3x3 beside each other (the paper's figure 5)."""
    branches = [
        _chain(x, f"{name}_one", ((64, 1),)),
        _chain(x, f"{name}_five", ((48, 1), (64, 5))),
        _chain(x, f"{name}_three", ((64, 1), (96, 3), (96, 3))),
        _pooled(x, name, pooled),
    ]
    return _join(branches, f"{name}_join")


def _long(x: Any, name: str, *, narrow: int) -> Any:
    """1x1, 7x7 and twice 7x7 beside each other, each 7x7 as 1x7 and 7x1 (figure 6)."""
    once = ((narrow, 1), (narrow, FLAT), (192, TALL))
    twice = ((narrow, 1), (narrow, TALL), (narrow, FLAT), (narrow, TALL), (192, FLAT))
    branches = [
        _chain(x, f"{name}_one", ((192, 1),)),
        _chain(x, f"{name}_seven", once),
        _chain(x, f"{name}_sevens", twice),
        _pooled(x, name, 192),
    ]
    return _join(branches, f"{name}_join")


def _halved(x: Any, name: str, *, first: Chain, second: Chain) -> Any:
    """Two branches of convolutions and a pooling, all with stride 2 (figure 10)."""
    branches = [
        _chain(x, f"{name}_first", first, stride=2),
        _chain(x, f"{name}_second", second, stride=2),
        layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x),
    ]
    return _join(branches, f"{name}_join")


def _fanned(x: Any, name: str, *, out: str) -> Any:
    """1x1, 3x3 and twice 3x3, the last of each fanned out into 1x3 beside 3x1 (figure 7)."""
    branches = [_chain(x, f"{name}_one", ((320, 1),))]
    for branch, chain in (("three", ((384, 1),)), ("threes", ((448, 1), (384, 3)))):
        inside = _chain(x, f"{name}_{branch}", chain)
        branches += [
            _conv(inside, f"{name}_{branch}_flat", 384, (1, 3)),
            _conv(inside, f"{name}_{branch}_tall", 384, (3, 1)),
        ]
    return _join([*branches, _pooled(x, name, 192)], out)


def _stem(x: Any) -> Any:
    """From the film to 192 channels at an eighth of its size."""
    x = _conv(x, "stem_0", 32, 3, stride=2)
    x = _conv(x, "stem_1", 32, 3)
    x = _conv(x, "stem_2", 64, 3)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool_0")(x)
    x = _conv(x, "stem_3", 80, 1)
    x = _conv(x, "stem_4", 192, 3)
    return layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool_1")(x)


def inception_v3(*, size: int | None = None, classes: int = 3, dropout: float = 0.0) -> keras.Model:
    """Grey levels (n, size, size, 1), 0-255 -> logits (n, classes); "features" (n, s/32, s/32, 2048).

    The smallest size is 64, with a last map of 2 x 2 fields.
    """
    inputs = film(size, smallest=SMALLEST_SIZE, network="inception_v3")
    x = _stem(layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(inputs))
    for number, pooled in enumerate(WIDE_POOLS):
        x = _wide(x, f"block{number}", pooled=pooled)
    x = _halved(x, "block3", first=((384, 3),), second=((64, 1), (96, 3), (96, 3)))
    for number, narrow in enumerate(NARROW, start=4):
        x = _long(x, f"block{number}", narrow=narrow)
    x = _halved(
        x, "block8", first=((192, 1), (320, 3)), second=((192, 1), (192, FLAT), (192, TALL), (192, 3))
    )
    x = _fanned(x, "block9", out="block9_join")
    x = _fanned(x, "block10", out="features")
    return keras.Model(inputs, classified(x, classes=classes, dropout=dropout), name="inception_v3")


INCEPTION_V3: Final = Architecture(
    name="inception_v3",
    build=inception_v3,
    gate_layer="block5_join",
    smallest_size=SMALLEST_SIZE,
    weights_licence=None,
    load_imagenet=None,
)

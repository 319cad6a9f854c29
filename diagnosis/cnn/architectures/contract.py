"""What training, export and evaluation need to know of a network, whichever it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import keras
from numpy.typing import NDArray


class Build(Protocol):
    """Makes a network: grey levels (n, size, size, 1), 0-255 -> logits (n, classes), not calibrated.

    size None leaves height and width open, so that one network trains at several sizes. Every network has
    the layers "features" (n, h, w, c), the last map with places in it, "pooled" (n, c) its average,
    "dropout" and "logits"; its own scaling of grey levels is its first layer. Raises ValueError for a size
    below the network's smallest.
    """

    def __call__(self, *, size: int | None = None, classes: int = 3, dropout: float = ...) -> keras.Model: ...


@dataclass(frozen=True)
class Architecture:
    """A network by name.

    gate_layer: a layer in the middle, never negative, whose average over the film the film gate compares.
    smallest_size: pixels a side. weights_licence: what, source and licence of the ImageNet weights, None
    where it starts from random ones; then `load_imagenet(model, state dict)` is None too. only_size: where
    its weights fit films of one size alone, which size None then stands for.
    """

    name: str
    build: Build
    gate_layer: str
    smallest_size: int
    weights_licence: Mapping[str, str] | None
    load_imagenet: Callable[[keras.Model, Mapping[str, NDArray[Any]]], None] | None
    only_size: int | None = None

"""The networks, in Keras, by name; each is a function of small named blocks with an exact activation map."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from diagnosis.cnn.architectures.blocks import freeze_blocks
from diagnosis.cnn.architectures.contract import Architecture
from diagnosis.cnn.architectures.efficientnet_lite0 import (
    EFFICIENTNET_LITE0,
    efficientnet_lite0,
    load_imagenet,
)
from diagnosis.cnn.architectures.flattened_cnn import FLATTENED_CNN
from diagnosis.cnn.architectures.inception_v3 import INCEPTION_V3
from diagnosis.cnn.architectures.resnet50 import RESNET50
from diagnosis.cnn.architectures.sequential_cnn import SEQUENTIAL_CNN
from diagnosis.cnn.architectures.vgg16 import VGG16

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "architecture",
    "efficientnet_lite0",
    "freeze_blocks",
    "load_imagenet",
]

ARCHITECTURES: Final[Mapping[str, Architecture]] = MappingProxyType(
    {
        each.name: each
        for each in (EFFICIENTNET_LITE0, RESNET50, INCEPTION_V3, VGG16, SEQUENTIAL_CNN, FLATTENED_CNN)
    }
)


def architecture(name: str) -> Architecture:
    """The network of that name; ValueError names the ones there are."""
    try:
        return ARCHITECTURES[name]
    except KeyError:
        raise ValueError(
            f"unknown architecture {name!r}: expected one of {', '.join(ARCHITECTURES)}"
        ) from None

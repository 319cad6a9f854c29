"""The sequential CNN that people publish for this task: one convolution, a flattening, two dense layers.

Colour pictures of 224 x 224, 64 filters 3 x 3 without padding, max pooling, flattening, a dense layer of 256
with ReLU, dropout 0.5, a dense layer with softmax (in the graph that serves, as for every network here). The
films are grey, so all three colours are the same. Nearly all weights lie behind the flattening:

    3 * 3 * 3 * 64 + 64  =       1,792   convolution, 224 -> 222, which pooling halves to 111
    111 * 111 * 64 * 256 = 201,867,264   from 788,544 values to 256, and
                     256                 their biases
    256 * 4 + 4          =       1,028   four classes, as the COVID-19 Radiography Database has

together 201,870,340 for the four classes of the published one; 201,870,083 for three. Such weights fit films
of one size alone.
"""

import math
from typing import Any, Final

import keras
from keras import layers

from diagnosis.cnn.architectures.blocks import classified, film
from diagnosis.cnn.architectures.contract import Architecture

SIZE: Final = 224
FILTERS: Final = 64
WIDTH: Final = 256


@keras.saving.register_keras_serializable(package="carina")
class DenseByPlace(layers.Layer):
    """Flattening and a dense layer with ReLU, (n, h, w, c) -> (n, h, w, units): what each place adds.

    The mean over the places is exactly what `Flatten` and `Dense` give: a unit is a sum over places and its
    bias where that is above zero, and nothing elsewhere. So the class activation map behind it is exact, too.
    """

    def __init__(self, units: int, **more: Any) -> None:
        super().__init__(**more)
        self.units = units

    def build(self, shape: Any) -> None:
        """The weights of the dense layer, by place."""
        self.kernel = self.add_weight(shape=(*shape[1:], self.units), initializer="he_normal", name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, maps: Any) -> Any:
        """Each place's part of the units that are above zero, times the number of places."""
        parts = keras.ops.einsum("nhwc,hwcu->nhwu", maps, self.kernel)
        sums = keras.ops.sum(parts, axis=(1, 2), keepdims=True) + self.bias
        return (parts * math.prod(self.kernel.shape[:2]) + self.bias) * keras.ops.cast(sums > 0, parts.dtype)

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made from when it is loaded."""
        return {**super().get_config(), "units": self.units}


def flattened_cnn(
    *, size: int | None = None, classes: int = 3, dropout: float = 0.0, bottleneck: int = WIDTH
) -> keras.Model:
    """Grey levels (n, 224, 224, 1), 0-255 -> logits (n, classes); "features" (n, 111, 111, bottleneck).

    size None is 224; ValueError for another. bottleneck: the width of the dense layer.
    """
    if size not in (None, SIZE):
        raise ValueError(f"flattened_cnn takes films of {SIZE} pixels a side alone, not {size}")
    inputs = film(SIZE, smallest=SIZE, network="flattened_cnn")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(inputs)
    x = layers.Concatenate(name="colours")([x, x, x])
    x = layers.Conv2D(FILTERS, 3, kernel_initializer="he_normal", name="block0_conv")(x)
    x = layers.MaxPooling2D(2, name="block0_pool")(layers.ReLU(name="block0_relu")(x))
    x = DenseByPlace(bottleneck, name="features")(x)
    return keras.Model(inputs, classified(x, classes=classes, dropout=dropout), name="flattened_cnn")


FLATTENED_CNN: Final = Architecture(
    name="flattened_cnn",
    build=flattened_cnn,
    gate_layer="block0_pool",
    smallest_size=SIZE,
    weights_licence=None,
    load_imagenet=None,
    only_size=SIZE,
)

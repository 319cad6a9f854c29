"""Each network is what its name says, and its activation map is exact.

TensorFlow runs in processes of its own here: the tests' process later starts workers, and a fork after
TensorFlow hangs.
"""

import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagnosis.cnn.training import options

ROOT = Path(__file__).parents[4]
NAMES = ("efficientnet_lite0", "resnet50", "inception_v3", "vgg16", "sequential_cnn")

# Weights of convolutions as published, and the side and filters of the stem's kernel, which loses two of its
# three channels for grey films. EfficientNet-Lite0: the PyTorch package's state dict. ResNet-50: 25,557,032
# trainable weights in torchvision, less 2,049,000 of the dense layer and 53,120 of batch norm. Inception v3
# and VGG-16: 21,768,352 and 14,714,688 in Keras without top, less 17,216 of batch norm and 4,224 biases.
PUBLISHED = {
    "efficientnet_lite0": (3_328_992, 3, 32),
    "resnet50": (25_557_032 - 2_049_000 - 53_120, 7, 64),
    "inception_v3": (21_768_352 - 17_216, 3, 32),
    "vgg16": (14_714_688 - 4_224, 3, 64),
}

LOOK = """
import json, sys
import keras, numpy as np
from diagnosis.cnn.architectures import ARCHITECTURES, freeze_blocks
from diagnosis.cnn.training.graph import serving_model
told = {}
for name, architecture in ARCHITECTURES.items():
    if architecture.only_size:
        continue
    keras.utils.set_random_seed(3)
    open_size, at_256 = architecture.build(dropout=0.3), architecture.build(size=256)
    model = architecture.build(size=architecture.smallest_size, classes=2)
    model.get_layer("logits").bias.assign([0.5, -0.25])
    side = architecture.smallest_size
    films = np.random.default_rng(0).uniform(0, 255, (2, side, side, 1)).astype("float32")
    for layer in model.layers:  # as after some training: every block open, running statistics that fit
        if hasattr(layer, "momentum"):
            layer.momentum = 0.0
            if layer.gamma is not None:
                layer.gamma.assign(np.ones(layer.gamma.shape))
    model(films, training=True)
    serving = serving_model(model, temperature=2.0, gate_layer=architecture.gate_layer)
    out = {key: np.asarray(value) for key, value in serving({"film": films}).items()}
    try:
        architecture.build(size=architecture.smallest_size - 1)
    except ValueError as error:
        refused = str(error)
    freeze_blocks(model, 1)
    frozen = sorted({layer.name.split("_")[0] for layer in model.layers if not layer.trainable})
    try:
        freeze_blocks(model, 99)
    except ValueError as error:
        too_many = str(error)
    freeze_blocks(model, 0)
    told[name] = {
        "shapes": {key: list(value.shape) for key, value in out.items()},
        "open": [list(open_size.input_shape), list(open_size.output_shape)],
        "logits": np.asarray(model(films, training=False)).tolist(),
        "served": out["logits"].tolist(),
        "from_map": (out["activation"].mean((1, 2)) + [0.5, -0.25]).tolist(),
        "probabilities": out["probabilities"].tolist(),
        "gate_smallest": float(out["gate"].min()),
        "kernels": sum(
            int(np.prod(layer.kernel.shape))
            for layer in open_size.layers
            if getattr(layer, "kernel", None) is not None and layer.name != "logits"
        ),
        "convolutions": sum(type(layer).__name__ == "Conv2D" for layer in open_size.layers),
        "map_at_256": list(at_256.get_layer("features").output.shape),
        "dropout": open_size.get_layer("dropout").rate,
        "stated": [architecture.name, architecture.smallest_size],
        "licence": bool(architecture.weights_licence),
        "loads": architecture.load_imagenet is not None,
        "refused": refused, "too_many": too_many, "frozen": frozen,
        "all_free": all(layer.trainable for layer in model.layers),
    }
print(json.dumps(told))
"""

BOTTLENECK = """
import json
import numpy as np
from diagnosis.cnn.architectures import ARCHITECTURES, architecture, efficientnet_lite0
from diagnosis.cnn.training.export import with_fixed_size
plain, narrow = efficientnet_lite0(size=64), efficientnet_lite0(classes=2, bottleneck=16, dropout=0.4)
random = np.random.default_rng(0)
for layer in narrow.layers:
    # also running variances, which are not negative
    drawn = [random.uniform(0, 0.1, value.shape) for value in layer.get_weights()]
    layer.set_weights([value.astype("float32") for value in drawn])
fixed = with_fixed_size(narrow, architecture="efficientnet_lite0", size=64)
film = random.uniform(0, 255, (1, 64, 64, 1)).astype("float32")
try:
    architecture("resnet18")
except ValueError as error:
    unknown = str(error)
print(json.dumps({
    "unknown": unknown,
    "known": architecture("vgg16") is ARCHITECTURES["vgg16"],
    "plain": list(plain.get_layer("features").output.shape),
    "narrow": list(fixed.get_layer("features").output.shape),
    "head": list(fixed.get_layer("head_relu").output.shape),
    "extra": narrow.count_params() - efficientnet_lite0(classes=2).count_params(),
    "fixed": list(fixed.input_shape),
    "same": bool(np.array_equal(np.asarray(narrow(film)), np.asarray(fixed(film)))),
}))
"""


@lru_cache(maxsize=2)
def told(script: str) -> dict[str, Any]:
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture
def network(request: pytest.FixtureRequest) -> dict[str, Any]:
    answer: dict[str, Any] = told(LOOK)[request.param]
    return answer


every_network = pytest.mark.parametrize("network", NAMES, indirect=True)


@pytest.mark.slow
def test_there_are_five_networks_of_any_size_by_name() -> None:
    assert tuple(told(LOOK)) == NAMES
    assert [told(LOOK)[name]["stated"][0] for name in NAMES] == list(NAMES)
    assert tuple(options.ARCHITECTURES) == (*NAMES, "flattened_cnn")


@pytest.mark.slow
def test_an_unknown_network_is_refused_with_the_names_there_are() -> None:
    assert told(BOTTLENECK)["known"]
    words = f"unknown architecture 'resnet18': expected one of {', '.join(NAMES)}, flattened_cnn"
    assert told(BOTTLENECK)["unknown"] == words


@pytest.mark.slow
@every_network
def test_a_network_answers_for_each_class_at_any_size(network: dict[str, Any]) -> None:
    assert network["open"] == [[None, None, None, 1], [None, 3]]
    assert np.shape(network["logits"]) == (2, 2)
    assert network["served"] == [pytest.approx(row, abs=1e-4) for row in network["logits"]]
    assert np.ptp(network["logits"], axis=0).max() > 0  # another film, another answer


@pytest.mark.slow
@every_network
def test_the_activation_maps_mean_and_the_bias_are_the_logit(network: dict[str, Any]) -> None:
    assert network["shapes"]["activation"] == [2, 2, 2, 2]  # the smallest size has a map of 2 x 2 fields
    assert network["from_map"] == [pytest.approx(row, abs=1e-4) for row in network["served"]]
    powers = np.exp(np.array(network["served"]) / 2.0)
    expected = powers / powers.sum(axis=1, keepdims=True)
    assert np.array(network["probabilities"]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.slow
@every_network
def test_the_film_gate_sees_many_features_that_are_never_negative(network: dict[str, Any]) -> None:
    assert network["shapes"]["gate"][1] >= 256
    assert network["gate_smallest"] >= 0


@pytest.mark.slow
@every_network
def test_a_film_that_is_too_small_is_refused_in_words(network: dict[str, Any]) -> None:
    name, smallest = network["stated"]
    assert (
        network["refused"] == f"{name} needs films of at least {smallest} pixels a side, not {smallest - 1}"
    )
    assert network["dropout"] == 0.3  # as it was told


@pytest.mark.slow
@every_network
def test_freezing_keeps_the_entrance_and_the_first_block_alone(network: dict[str, Any]) -> None:
    assert {"block0"} <= set(network["frozen"]) <= {"stem", "block0"}
    assert "99 of them cannot be frozen" in network["too_many"]
    assert network["all_free"]
    assert network["licence"] == network["loads"]  # weights that are loaded have terms to name


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_backbone_has_as_many_weights_as_published(name: str) -> None:
    weights, side, filters = PUBLISHED[name]
    assert told(LOOK)[name]["kernels"] == weights - 2 * side * side * filters


@pytest.mark.slow
def test_the_plain_stacks_are_as_deep_as_they_say() -> None:
    assert told(LOOK)["vgg16"]["convolutions"] == 13
    assert told(LOOK)["sequential_cnn"]["convolutions"] == 5
    assert told(LOOK)["inception_v3"]["map_at_256"] == [None, 8, 8, 2048]


@pytest.mark.slow
def test_a_bottleneck_narrows_the_features_and_goes_through_the_export() -> None:
    seen = told(BOTTLENECK)
    assert seen["plain"] == [None, 2, 2, 1280]
    assert (seen["head"], seen["narrow"]) == ([None, 2, 2, 1280], [None, 2, 2, 16])
    assert seen["extra"] == 1280 * 16 + 4 * 16 - 2 * (1280 - 16)
    assert seen["fixed"] == [None, 64, 64, 1]
    assert seen["same"]


FLATTENED = """
import inspect, json
import keras, numpy as np
from keras import layers
from diagnosis.cnn.architectures.flattened_cnn import flattened_cnn
from diagnosis.cnn.training.graph import serving_model, with_fixed_size
keras.utils.set_random_seed(3)
model = flattened_cnn(classes=4, bottleneck=2, dropout=0.5)  # the width of the dense layer alone is less
random = np.random.default_rng(0)
model.get_layer("features").bias.assign([0.3, -0.2])
model.get_layer("logits").bias.assign([0.5, -0.25, 0.1, 0.0])
plain = keras.Sequential([
    keras.Input((224, 224, 3)), layers.Rescaling(1 / 127.5, offset=-1.0),
    layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(),
    layers.Dense(2, activation="relu"), layers.Dropout(0.5), layers.Dense(4),
])
weights = [np.asarray(value) for value in model.get_weights()]
weights[2] = weights[2].reshape(-1, 2)
plain.set_weights(weights)
films = random.uniform(0, 255, (3, 224, 224, 1)).astype("float32")
serving = serving_model(with_fixed_size(model, architecture="flattened_cnn", size=224), temperature=2.0,
                        gate_layer="block0_pool")
out = {key: np.asarray(value) for key, value in serving({"film": films}).items()}
try:
    flattened_cnn(size=128)
except ValueError as error:
    refused = str(error)
print(json.dumps({
    "weights": [model.count_params(), plain.count_params()],
    "width": inspect.signature(flattened_cnn).parameters["bottleneck"].default,
    "plain": np.asarray(plain(np.repeat(films, 3, axis=-1))).tolist(),
    "served": out["logits"].tolist(),
    "from_map": (out["activation"].mean((1, 2)) + [0.5, -0.25, 0.1, 0.0]).tolist(),
    "refused": refused,
}))
"""


@pytest.mark.slow
def test_the_flattened_network_is_the_published_one_and_its_map_is_exact() -> None:
    def counted(width: int, classes: int) -> int:
        return 3 * 3 * 3 * 64 + 64 + 111 * 111 * 64 * width + width + width * classes + classes

    seen = told(FLATTENED)
    assert seen["weights"] == [counted(2, 4)] * 2
    assert (counted(seen["width"], 4), counted(seen["width"], 3)) == (201_870_340, 201_870_083)
    assert seen["served"] == [pytest.approx(row, abs=1e-3) for row in seen["plain"]]
    assert seen["from_map"] == [pytest.approx(row, abs=1e-3) for row in seen["served"]]
    assert seen["refused"] == "flattened_cnn takes films of 224 pixels a side alone, not 128"

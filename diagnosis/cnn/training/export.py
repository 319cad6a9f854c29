"""From a trained network to the graph that serves, checked against TensorFlow on real films."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from diagnosis.cnn.architectures import ARCHITECTURES
from diagnosis.cnn.bundle import KERAS, TFLITE
from diagnosis.cnn.network import Network
from diagnosis.cnn.training.graph import LevelHead, mapping_model, serving_model, with_fixed_size

LARGEST_DIFFERENCE = 1e-3


class ExportDiffers(Exception):
    """The exported graph does not answer as TensorFlow does; it must not ship."""


def export(
    model: keras.Model,
    *,
    architecture: str,
    size: int,
    temperature: float,
    folder: Path,
    heads: Sequence[LevelHead] = (),
    share: float = 0.0,
    normal_films: NDArray[np.uint8] | None = None,
) -> keras.Model:
    """Write model.keras and model.tflite (float32, fixed size) into a folder; returns the Keras graph.

    model: a network of `architectures` with open size, by its name there; its weights are copied.
    heads, share: its level heads and their part of the logits. normal_films: uint8 (n, size, size), whose
    mean activation is taken off every map, since spine and heart stand out on every film.
    """
    fixed = with_fixed_size(model, architecture=architecture, size=size)
    gate_layer = ARCHITECTURES[architecture].gate_layer
    serving = serving_model(
        fixed,
        temperature=temperature,
        gate_layer=gate_layer,
        heads=heads,
        share=share,
        baseline=_baseline(fixed, heads, share, normal_films),
    )
    serving.save(folder / KERAS)
    converter = tf.lite.TFLiteConverter.from_keras_model(serving)
    (folder / TFLITE).write_bytes(converter.convert())
    return serving


def _baseline(
    fixed: keras.Model, heads: Sequence[LevelHead], share: float, films: NDArray[np.uint8] | None
) -> NDArray[np.float64] | None:
    """Mean activation of films, (h, w, classes), with mean zero over the places, so that no logit moves."""
    if films is None or not len(films):
        return None
    model = mapping_model(fixed, heads, share)
    run = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    parts = [
        run(tf.constant(films[start : start + 32, ..., np.newaxis], tf.float32)).numpy().sum(axis=0)
        for start in range(0, len(films), 32)
    ]
    mean = np.sum(parts, axis=0, dtype=np.float64) / len(films)
    return np.asarray(mean - mean.mean(axis=(0, 1)))


def check_export(serving: keras.Model, graph: Path, films: NDArray[np.uint8]) -> dict[str, Any]:
    """Run films, uint8 (n, size, size), through both; raises ExportDiffers above 1e-3 in a probability."""
    run = tf.function(lambda x: serving(x, training=False))
    network, largest = Network(graph), 0.0
    for film in films:
        pixels = film[..., np.newaxis].astype(np.float32)
        expected = run(tf.constant(pixels[np.newaxis]))["probabilities"].numpy()[0]
        largest = max(largest, float(np.abs(network.run(pixels).probabilities - expected).max()))
    if largest > LARGEST_DIFFERENCE:
        raise ExportDiffers(
            f"a probability of the exported graph differs from TensorFlow's by {largest:.2g}, "
            f"more than {LARGEST_DIFFERENCE:g}"
        )
    return {
        "largest_probability_difference": largest,
        "films": len(films),
        "against": f"TensorFlow {tf.__version__}",
    }

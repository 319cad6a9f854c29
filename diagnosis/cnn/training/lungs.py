"""The lung network: a small U-shaped one, trained on films with drawn lungs, and what it finds on others."""

import csv
import json
import logging
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from diagnosis.cnn.evaluation.manifest import ManifestError, read_manifest
from diagnosis.cnn.lungs import LUNG_INPUT, LungFinder
from diagnosis.cnn.preprocessing import to_grey_levels
from diagnosis.cnn.training.options import LungOptions
from diagnosis.imaging.raster import read_raster

log = logging.getLogger(__name__)

SIDE: Final = LUNG_INPUT.size
MASK_SIDE: Final = SIDE // 2
LOADED: Final = 192  # films are kept at twice the network's size, so that zooming in stays sharp


def lung_network() -> keras.Model:
    """Grey levels (n, 96, 96, 1), 0-255 -> probability of lung (n, 48, 48, 1).

    A U-Net (Ronneberger 2015) of four levels, 48 to 6 pixels a side, half the usual channels of the smallest.
    """

    def convolve(x: Any, filters: int, stride: int = 1) -> Any:
        x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
        return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.95)(x))

    inputs = keras.Input((SIDE, SIDE, 1), name="film")
    x = layers.Rescaling(1 / 64.0, offset=-2.0)(inputs)
    level1 = convolve(x, 12, 2)
    level2 = convolve(convolve(level1, 24, 2), 24)
    level3 = convolve(convolve(level2, 40, 2), 40)
    level4 = convolve(convolve(level3, 64, 2), 64)
    x = convolve(layers.Concatenate()([layers.UpSampling2D(2)(level4), level3]), 40)
    x = convolve(layers.Concatenate()([layers.UpSampling2D(2)(x), level2]), 24)
    x = convolve(layers.Concatenate()([layers.UpSampling2D(2)(x), level1]), 12)
    outputs = layers.Conv2D(1, 1, activation="sigmoid", name="lungs")(x)
    return keras.Model(inputs, outputs, name="lungs")


def films_with_masks(manifest: Path) -> dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """By split: films and masks, uint8 (n, 192, 192) both, masks 0 or 255; splits without any are absent.

    Raises ManifestError where there are none to train on, or files are missing.
    """
    rows = rows_with_masks(manifest)
    parameters = replace(LUNG_INPUT, size=LOADED)
    parts: dict[str, tuple[list[Any], list[Any]]] = {}
    for row in rows:
        film = to_grey_levels(read_raster(manifest.parent / row["file"]).pixels, parameters)
        with Image.open(manifest.parent / row["lung_mask"]) as picture:
            mask = picture.convert("L").resize((LOADED, LOADED), Image.Resampling.BILINEAR)
        films, masks = parts.setdefault(row["split"], ([], []))
        films.append(film)
        masks.append(np.asarray(mask))
    return {split: (np.stack(films), np.stack(masks)) for split, (films, masks) in parts.items()}


def augment_pair(
    film: NDArray[np.uint8], mask: NDArray[np.uint8], random: np.random.Generator
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """A film and its mask, uint8 (192, 192), turned, stretched and toned at random -> (96, 96), (48, 48) 0-1.

    Children's lungs are wide and short and lie high, adults' long: width and height are scaled apart.
    """
    angle = np.radians(random.normal(0, 7))
    wide, high = np.exp(random.normal(0.0, 0.22)), np.exp(random.normal(0.0, 0.22))
    flip = -1.0 if random.random() < 0.5 else 1.0
    centre = LOADED / 2
    a, b = flip * np.cos(angle) * wide, -np.sin(angle) * high
    d, e = flip * np.sin(angle) * wide, np.cos(angle) * high
    to_x, to_y = centre + random.normal(0, 0.07, 2) * LOADED
    affine = (a, b, to_x - a * centre - b * centre, d, e, to_y - d * centre - e * centre)
    level = int(random.choice([0, 0, 0, 255, int(random.integers(256))]))
    size = (LOADED, LOADED)
    moved = Image.fromarray(film).transform(
        size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR, fillcolor=level
    )
    moved_mask = Image.fromarray(mask).transform(
        size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR
    )
    if random.random() < 0.4:
        moved = moved.filter(ImageFilter.GaussianBlur(random.uniform(0.5, 2.5)))
    grey: NDArray[np.floating] = np.asarray(moved.resize((SIDE, SIDE), Image.Resampling.BOX)) / 255
    if random.random() < 0.3:  # a shadow over part of a lung is still lung
        grey = _cloud(grey, random)
    grey = np.clip(grey, 0, 1) ** np.exp(random.normal(0, 0.4))
    grey = (grey - 0.5) * random.uniform(0.6, 1.4) + 0.5 + random.uniform(-0.15, 0.15)
    noisy = np.clip(grey + random.normal(0, random.uniform(0, 0.05), grey.shape), 0, 1)
    target = moved_mask.resize((MASK_SIDE, MASK_SIDE), Image.Resampling.BOX)
    return np.asarray(255 * noisy, dtype=np.float32), np.asarray(target, dtype=np.float32) / 255


def _cloud(grey: NDArray[np.floating], random: np.random.Generator) -> NDArray[np.floating]:
    """A soft bright patch, as consolidation makes one."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    at_x, at_y, wide, high = *random.uniform(0.15, 0.85, 2), *random.uniform(0.05, 0.2, 2)
    patch = np.exp(-(((x - at_x) / wide) ** 2) - ((y - at_y) / high) ** 2) * random.uniform(0.2, 0.7)
    return np.asarray(grey + (0.85 - grey) * patch)


def dice(masks: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """Overlap of masks above one half with the truth (Dice 1945), (n,), of two arrays (n, h, w)."""
    found, drawn = masks > 0.5, truth > 0.5
    both = (found & drawn).sum(axis=(1, 2))
    return np.asarray(2 * both / np.maximum(found.sum(axis=(1, 2)) + drawn.sum(axis=(1, 2)), 1))


def fit_lungs(manifest: Path, folder: Path, options: LungOptions) -> dict[str, Any]:
    """Train on the train split's masks, write lungs.keras, lungs.tflite, lungs.json; returns the last."""
    keras.utils.set_random_seed(options.seed)
    random = np.random.default_rng(options.seed)
    parts = films_with_masks(manifest)
    films, masks = parts["train"]
    model = lung_network()
    average = keras.models.clone_model(model)
    average.set_weights(model.get_weights())
    rate = keras.optimizers.schedules.CosineDecay(options.learning_rate, options.steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-4)
    optimizer.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            p = model(x, training=True)
            overlap = 1 - (2 * tf.reduce_sum(p * y, (1, 2, 3)) + 1) / (tf.reduce_sum(p + y, (1, 2, 3)) + 1)
            loss = tf.reduce_mean(overlap) + tf.reduce_mean(keras.losses.binary_crossentropy(y, p))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        for mean, value in zip(average.variables, model.variables, strict=True):
            if value.dtype == "float32":
                mean.assign(0.995 * mean + 0.005 * value)
        return loss

    for number in range(options.steps):
        chosen = random.integers(0, len(films), options.batch)
        x, y = zip(*(augment_pair(films[k], masks[k], random) for k in chosen), strict=True)
        loss = step(_batch(x), _batch(y))
        if (number + 1) % 250 == 0:
            log.info("lungs: step %d of %d, loss %.3f", number + 1, options.steps, float(loss))
    return _write(average, folder, parts, options)


def _batch(arrays: tuple[Any, ...]) -> Any:
    return tf.constant(np.stack(arrays)[..., np.newaxis], tf.float32)


def _write(model: keras.Model, folder: Path, parts: dict[str, Any], options: LungOptions) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "lungs.keras")
    (folder / "lungs.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    finder = LungFinder(folder / "lungs.tflite")
    card: dict[str, Any] = {"options": asdict(options), "trained_on": len(parts["train"][0]), "dice": {}}
    for split, (films, masks) in parts.items():
        small = [Image.fromarray(mask).resize((MASK_SIDE,) * 2, Image.Resampling.BOX) for mask in masks]
        found = np.stack([finder.mask(film.astype(np.float32) / 255) for film in films])
        overlap = dice(found, np.stack([np.asarray(mask) for mask in small]) / 255)
        card["dice"][split] = {"n": len(films), "mean": float(overlap.mean()), "least": float(overlap.min())}
    (folder / "lungs.json").write_text(json.dumps(card, indent=2) + "\n")
    return card


def rows_with_masks(manifest: Path) -> list[dict[str, str]]:
    """The rows of a CSV manifest that name a lung mask, a path relative to the manifest's folder.

    Raises ManifestError with every reason why no lung network can be trained on them: a manifest that cannot
    be read, no film with a mask, none in the train split, files that are missing.
    """
    if manifest.is_dir():
        raise ManifestError([f"{manifest}: a folder has no lung masks; name a CSV with a column lung_mask"])
    read_manifest(manifest)
    with manifest.open(newline="", encoding="utf-8-sig") as stream:
        rows = [row for row in csv.DictReader(stream) if (row.get("lung_mask") or "").strip()]
    if not rows:
        raise ManifestError([f"{manifest}: no film has a lung mask (a path in the column lung_mask)"])
    problems = [
        f"{row[column] or 'a row without a file'}: no such file in {manifest.parent}"
        for row in rows
        for column in ("file", "lung_mask")
        if not (manifest.parent / row[column]).is_file()
    ]
    if not any((row.get("split") or "").strip() == "train" for row in rows):
        problems.append(f"{manifest}: none of the {len(rows)} films with a lung mask is in the train split")
    if problems:
        raise ManifestError(problems)
    return rows

"""Fitting the level heads: logistic regression of abnormal against normal on averages of early layers.

Fitted on all classes at once every level did worse on sources left out. Each film is added a second time, as
another machine would have made it, or the heads would take grain and compression for disease. The fit is
convex: nothing in it is random.
"""

import logging
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from diagnosis.cnn.evaluation.manifest import sampling_weights
from diagnosis.cnn.training.data.films import FilmArray
from diagnosis.cnn.training.graph import (
    LEVELS,
    Level,
    LevelHead,
    answering_model,
    level_averages,
    with_fixed_size,
)
from diagnosis.cnn.training.options import TrainingOptions

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]


def fit_level_heads(model: keras.Model, films: FilmArray, options: TrainingOptions) -> list[LevelHead]:
    """A head for each level of the architecture; none where the options give the levels no share.

    model: the trained network of open size, its levels still as ImageNet left them. Raises ValueError for an
    architecture whose levels are not known.
    """
    if not options.level_share:
        return []
    if options.architecture not in LEVELS:
        raise ValueError(f"level heads are made for {', '.join(LEVELS)}, not for {options.architecture}")
    levels = LEVELS[options.architecture][options.levels]
    fixed = with_fixed_size(model, architecture=options.architecture, size=films.pixels.shape[1])
    normal = int(model.output_shape[-1]) - 1
    pixels, targets, weights = _fitted_on(films, options, abnormal=films.labels != normal)
    seen = zip(*(_averages(fixed, levels, part) for part in pixels), strict=True)
    log.info("level heads: %d films", len(weights))
    return [
        _head(level, np.concatenate(parts), targets, weights, options.level_penalty)
        for level, parts in zip(levels, seen, strict=True)
    ]


def with_level_heads(
    model: keras.Model, heads: Sequence[LevelHead], options: TrainingOptions, *, size: int
) -> keras.Model:
    """The network that answers: with its level heads for films of one size, or as it is without any."""
    if not heads:
        return model
    fixed = with_fixed_size(model, architecture=options.architecture, size=size)
    return answering_model(fixed, heads, options.level_share)


def _fitted_on(
    films: FilmArray, options: TrainingOptions, *, abnormal: NDArray[np.bool_]
) -> tuple[list[NDArray[np.uint8]], NDArray[np.bool_], Floats]:
    """Films and, behind them, their changed copies; targets and weights, of both together."""
    weights = sampling_weights(films.films, "cell", options.level_power)
    if not options.level_changed:
        return [films.pixels], abnormal, weights
    every = np.append(weights, weights * options.level_changed)
    return [films.pixels, films.changed], np.append(abnormal, abnormal), every / every.sum()


def _averages(fixed: keras.Model, levels: Sequence[Level], pixels: NDArray[np.uint8]) -> list[Floats]:
    """Of each level, (n, rows * channels), for films uint8 (n, size, size)."""
    reader = level_averages(fixed, levels)
    run = tf.function(lambda x: reader(x, training=False), reduce_retracing=True)
    parts = [[np.empty((0, part.shape[-1])) for part in reader.outputs]]
    for start in range(0, len(pixels), 64):
        films = tf.constant(pixels[start : start + 64, ..., np.newaxis], tf.float32)
        parts.append([part.numpy() for part in keras.tree.flatten(run(films))])  # of one level no list comes
    return [np.concatenate(column).astype(np.float64) for column in zip(*parts, strict=True)]


def _head(
    level: Level, averages: Floats, targets: NDArray[np.bool_], weights: Floats, penalty: float
) -> LevelHead:
    mean, spread = averages.mean(axis=0), averages.std(axis=0) + 1e-3
    kernel, bias = logistic((averages - mean) / spread, targets, weights, penalty=penalty)
    return LevelHead(level, mean.astype(np.float32), (kernel / spread).astype(np.float32), bias)


def logistic(
    x: Floats, targets: NDArray[np.bool_], weights: Floats, *, penalty: float
) -> tuple[Floats, float]:
    """Logistic regression: kernel (d,) and bias, by Newton's method.

    Minimises the weighted cross-entropy plus penalty / 2 times the kernel's sum of squares, weights (n,)
    summing to one. scikit-learn's C multiplies the cross-entropy instead, so it is one over the penalty.
    """
    fitted = LogisticRegression(
        C=1 / penalty if penalty else np.inf, solver="newton-cholesky", tol=1e-9, max_iter=100
    )
    fitted.fit(x, targets, sample_weight=weights)
    return np.asarray(fitted.coef_[0]), float(fitted.intercept_[0])

"""Fitting the level heads: logistic regression of abnormal against normal on averages of early layers.

Fitted on all classes at once, every level did worse on sources that were left out, and so it did on films
changed in tone: they are taken as they are. Some come once more, made worse as other people's tools do it,
since the heads would take an artefact of compression for disease otherwise. The fit is convex: but for which
films these are and what is done to them, there is no chance in it.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from diagnosis.cnn.evaluation.manifest import sampling_weights
from diagnosis.cnn.training.data.corruptions import made_worse
from diagnosis.cnn.training.data.films import FilmArray
from diagnosis.cnn.training.data.occlusion import without_lungs
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
WORSE_FILMS: Final = 0.4  # the share of films that heads see a worse copy of, however little it weighs


def fit_level_heads(model: keras.Model, films: FilmArray, options: TrainingOptions) -> list[LevelHead]:
    """A head for each level of the architecture; none where the options give the levels no share.

    model: the trained network of open size, its levels frozen as `fit.network_to_train` sees to it; films:
    those to fit on. Raises ValueError for an architecture whose levels are not known.
    """
    if not options.level_share:
        return []
    if options.architecture not in LEVELS:
        raise ValueError(f"level heads are made for {', '.join(LEVELS)}, not for {options.architecture}")
    levels = LEVELS[options.architecture]
    fixed = with_fixed_size(model, architecture=options.architecture, size=films.pixels.shape[1])
    normal = int(model.output_shape[-1]) - 1
    pixels, targets, weights = _fitted_on(films, options, abnormal=films.labels != normal)
    averages = _averages(fixed, levels, pixels)
    log.info("level heads: %d films", len(weights))
    return [
        _head(level, values, targets, weights, options.level_penalty)
        for level, values in zip(levels, averages, strict=True)
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
) -> tuple[Callable[[int, int], NDArray[np.uint8]], Floats, Floats]:
    """A reader of films by position, targets (n,) 0-1 and weights (n,).

    Behind the films themselves, where the options ask for it, come some with their lungs painted over, of
    which nobody can tell: their target is one half; and behind these some made worse, with their own target.
    """
    count = len(films.films)
    weights = sampling_weights(films.films, "cell", options.level_power)
    random = np.random.default_rng([options.seed, 1])
    hidden = np.flatnonzero(films.masks.any(axis=(1, 2)) & (random.random(count) < options.level_hide))
    more = [without_lungs(films.pixels[k], films.masks[k], random) for k in hidden]
    targets, parts = [abnormal.astype(np.float64), np.full(len(hidden), 0.5)], [weights, weights[hidden]]
    if options.level_worse:
        worse = np.flatnonzero(random.random(count) < WORSE_FILMS)
        more += [made_worse(films.pixels[k], random) for k in worse]
        targets.append(targets[0][worse])
        parts.append(weights[worse] * options.level_worse / max(weights[worse].sum(), 1e-12))
    every = np.concatenate(parts)

    def read(start: int, stop: int) -> NDArray[np.uint8]:
        whole = films.pixels[start : min(stop, count)]
        rest = more[max(start - count, 0) : max(stop - count, 0)]
        return np.concatenate([whole, np.stack(rest)]) if rest else np.asarray(whole)

    return read, np.concatenate(targets), every / every.sum()


def _averages(
    fixed: keras.Model, levels: Sequence[Level], read: Callable[[int, int], NDArray[np.uint8]]
) -> list[Floats]:
    reader = level_averages(fixed, levels)
    run = tf.function(lambda x: reader(x, training=False), reduce_retracing=True)
    parts, start = [], 0
    while len(films := read(start, start + 64)):
        parts.append([part.numpy() for part in run(tf.constant(films[..., np.newaxis], tf.float32))])
        start += 64
    return [np.concatenate(column).astype(np.float64) for column in zip(*parts, strict=True)]


def _head(level: Level, averages: Floats, targets: Floats, weights: Floats, penalty: float) -> LevelHead:
    mean, spread = averages.mean(axis=0), averages.std(axis=0) + 1e-3
    kernel, bias = logistic((averages - mean) / spread, targets, weights, penalty=penalty)
    return LevelHead(level, mean.astype(np.float32), (kernel / spread).astype(np.float32), bias)


def logistic(
    x: Floats, targets: Floats, weights: Floats, *, penalty: float, steps: int = 25
) -> tuple[Floats, float]:
    """Logistic regression: kernel (d,) and bias, by Newton's method.

    Minimises the weighted cross-entropy against targets (n,) 0-1 plus penalty / 2 times the kernel's sum of
    squares; weights (n,) sum to one. (Hastie, Tibshirani, Friedman 2009, section 4.4.)
    """
    rows = np.hstack([x, np.ones((len(x), 1))])
    theta = np.zeros(rows.shape[1])
    ridge = np.append(np.full(x.shape[1], penalty), 1e-9)  # the bias is free
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(rows @ theta, -30, 30)))
        gradient = rows.T @ (weights * (p - targets)) + ridge * theta
        curve = weights * p * (1 - p) + 1e-9
        step = np.linalg.solve((rows * curve[:, np.newaxis]).T @ rows + np.diag(ridge), gradient)
        theta -= step
        if np.abs(step).max() < 1e-7:
            break
    return theta[:-1], float(theta[-1])

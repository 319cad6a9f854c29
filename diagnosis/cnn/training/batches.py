"""Augmented batches, each a function of seed and step alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.findings import TASKS
from diagnosis.cnn.training.data.augmentation import augment
from diagnosis.cnn.training.data.films import FilmArray
from diagnosis.cnn.training.data.occlusion import only_lungs, without_lungs, without_marks
from diagnosis.cnn.training.options import TrainingOptions


@dataclass(frozen=True)
class Batch:
    """pixels: float32 (batch, s, s, 1), 0-255. targets: float32 (batch, classes), the probabilities to learn;
    where the lungs are hidden all classes are equally likely: the only right answer is "cannot say".

    Where the options ask for consistency, the second half holds the films of the first, in the same order,
    each by another machine and augmented anew; the same parts of a pair are hidden.
    """

    pixels: NDArray[np.float32]
    targets: NDArray[np.float32]


class BatchMaker:
    """Draws, changes and stacks films. `make(step, size)` gives the same batch whenever it is called."""

    def __init__(self, films: FilmArray, weights: NDArray[np.float64], options: TrainingOptions) -> None:
        self.films, self.options = films, options
        self.cumulative = np.cumsum(weights)
        classes = len(TASKS[options.task])
        self._right = np.eye(classes, dtype=np.float32)
        self._cannot_say = np.full(classes, 1 / classes, dtype=np.float32)

    def make(self, step: int, size: int) -> Batch:
        """The batch of a step, films `size` pixels a side."""
        random = np.random.default_rng([self.options.seed, step])
        paired = bool(self.options.consistency)
        count = self.options.batch // 2 if paired else self.options.batch
        draws = random.random(count) * self.cumulative[-1]
        chosen = np.searchsorted(self.cumulative, draws, side="right").clip(max=len(self.cumulative) - 1)
        hidings = random.integers(1 << 62, size=count)
        copies = [self.films.pixels, *([self.films.changed] if paired else [])]
        made = [
            self._film(pixels[number], number, size, np.random.default_rng(hiding), random)
            for pixels in copies
            for number, hiding in zip(chosen, hidings, strict=True)
        ]
        films, targets = zip(*made, strict=True)
        return Batch(
            pixels=np.stack(films)[..., np.newaxis].astype(np.float32),
            targets=np.stack(targets),
        )

    def _film(
        self,
        film: NDArray[np.uint8],
        number: int,
        size: int,
        hiding: np.random.Generator,
        random: np.random.Generator,
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A film or its copy, parts of it hidden by the one generator, and augmented by the other."""
        options, mask = self.options.augmentation, self.films.masks[number]
        target = self._right[self.films.labels[number]]
        if mask.any():
            if hiding.random() < options.erase_marks:
                film = without_marks(film, mask)
            draw = hiding.random()
            if draw < options.hide_lungs:
                film, target = without_lungs(film, mask, hiding), self._cannot_say
            elif draw < options.hide_lungs + options.hide_outside:
                film = only_lungs(film, mask, self._any(hiding), hiding)
        return augment(film, size=size, options=options, random=random), target

    def _any(self, random: np.random.Generator) -> NDArray[np.uint8]:
        return self.films.pixels[random.integers(len(self.films.pixels))]

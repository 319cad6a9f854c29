"""Augmented batches, each a function of seed and step alone, made ahead of time by a thread."""

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

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
    where the lungs are hidden all classes are equally likely: the only right answer is "cannot say"."""

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
        draws = random.random(self.options.batch) * self.cumulative[-1]
        chosen = np.searchsorted(self.cumulative, draws, side="right").clip(max=len(self.cumulative) - 1)
        films, targets = zip(*(self._film(number, size, random) for number in chosen), strict=True)
        return Batch(
            pixels=np.stack(films)[..., np.newaxis].astype(np.float32),
            targets=np.stack(targets),
        )

    def _film(
        self, number: int, size: int, random: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        options = self.options.augmentation
        film, mask = self.films.pixels[number], self.films.masks[number]
        target = self._right[self.films.labels[number]]
        if mask.any():
            if random.random() < options.erase_marks:
                film = without_marks(film, mask)
            draw = random.random()
            if draw < options.hide_lungs:
                film, target = without_lungs(film, mask, random), self._cannot_say
            elif draw < options.hide_lungs + options.hide_outside:
                film = only_lungs(film, mask, self._any(random), random)
        return augment(film, size=size, options=options, random=random), target

    def _any(self, random: np.random.Generator) -> NDArray[np.uint8]:
        return self.films.pixels[random.integers(len(self.films.pixels))]


class _Ahead:
    """A thread that drains a source into a queue of limited length."""

    def __init__(self, source: Iterator[Any], ahead: int) -> None:
        self.waiting: queue.Queue[Any] = queue.Queue(maxsize=ahead)
        self.stopped = threading.Event()
        threading.Thread(target=self._work, args=(source,), daemon=True).start()

    def _work(self, source: Iterator[Any]) -> None:
        try:
            for item in source:
                if not self._put(item):
                    return
            self._put(StopIteration())
        except Exception as error:  # handed to the consumer, which would wait for ever otherwise
            self._put(error)

    def _put(self, item: Any) -> bool:
        while not self.stopped.is_set():
            try:
                self.waiting.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False


def in_background(source: Iterator[Any], *, ahead: int = 6) -> Iterator[Any]:
    """The same items, made by a thread while the network is busy."""
    thread = _Ahead(source, ahead)
    try:
        while not isinstance(item := thread.waiting.get(), Exception):
            yield item
        if not isinstance(item, StopIteration):
            raise item
    finally:
        thread.stopped.set()


def steps(maker: BatchMaker, *, start: int, size: Callable[[int], int]) -> Iterator[Batch]:
    """Endless batches from a step on; `size` gives the side of a step's films."""
    step = start
    while True:
        yield maker.make(step, size(step))
        step += 1

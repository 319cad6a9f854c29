"""Augmented batches, made by a thread of their own while the network is busy."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.training.augmentation import augment
from diagnosis.cnn.training.options import TrainingOptions


def batches(
    films: NDArray[np.uint8],
    labels: NDArray[np.int32],
    weights: NDArray[np.float64],
    *,
    options: TrainingOptions,
    size: Callable[[], int],
    seed: int,
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int32]]]:
    """Endless augmented batches, float32 (batch, s, s, 1) and int32 (batch,), s as `size()` says then."""
    random = np.random.default_rng(seed)
    while True:
        chosen = random.choice(len(films), options.batch, p=weights)
        side = size()
        batch = [
            augment(films[number], size=side, options=options.augmentation, random=random)
            for number in chosen
        ]
        yield np.stack(batch)[..., np.newaxis].astype(np.float32), labels[chosen]


def in_background(source: Iterator[Any], *, ahead: int = 6) -> Iterator[Any]:
    """The same items, made by a thread of their own while the network is busy."""
    waiting: queue.Queue[Any] = queue.Queue(maxsize=ahead)

    def work() -> None:
        try:
            for item in source:
                waiting.put(item)
        except Exception as error:  # handed to the consumer, who would wait for ever otherwise
            waiting.put(error)

    threading.Thread(target=work, daemon=True).start()
    while True:
        item = waiting.get()
        if isinstance(item, Exception):
            raise item
        yield item

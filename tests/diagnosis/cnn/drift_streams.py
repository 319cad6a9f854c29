"""Simulated films of a clinic, and what the control charts say about them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnosis.cnn.drift import (
    HORIZONS,
    KINDS,
    PERIOD,
    YEAR_SECONDS,
    Columns,
    Watch,
    alpha_of,
    compare_all,
    step,
)

WINDOW = 200
DAY = 24 * 3600


def films(rng: np.random.Generator, count: int, *, unsure: float = 0.10, sharper: float = 0.0) -> Columns:
    """So many independent films; image statistics are skewed, tied or clumped as real ones are.

    unsure: the share of unsure ones; sharper: standard deviations by which sharpness is off.
    """
    refused = rng.random(count) < 0.03
    drawn = {
        "score": rng.beta(0.6, 0.9, count),
        "unsure": (rng.random(count) < unsure).astype(float),
        "refused": refused.astype(float),
        "level": rng.normal(0.45, 0.05, count),
        "spread": rng.normal(0.22, 0.03, count),
        "sharpness": rng.normal(sharper, 1.0, count),
        "grain": rng.lognormal(-5.0, 0.4, count),
        "black": np.where(rng.random(count) < 0.6, 0.0, rng.random(count)),
        "white": rng.choice([0.0, 0.001, 0.002], count),
        "megapixels": np.where(rng.random(count) < 0.02, 4.0, 7.1),
    }
    for name in ("score", "unsure"):
        drawn[name][refused] = np.nan
    return drawn


@dataclass(frozen=True)
class Opened:
    """An alert: which statistic, and after how many films of the stream."""

    statistic: str
    films: int


def alerts(window: Columns, stream: Columns, films_a_day: float) -> Iterator[Opened]:
    """The alerts that a stream of films opens, in their order."""
    alpha = alpha_of(PERIOD / films_a_day * DAY)
    watches = {name: Watch() for name in KINDS}
    for number in range(1, len(stream["refused"]) // PERIOD + 1):
        end = number * PERIOD
        begin = max(0, end - HORIZONS[-1] * PERIOD)
        latest = {name: column[begin:end] for name, column in stream.items()}
        fresh = {name: watch.fresh_from for name, watch in watches.items()}
        for name, compared in compare_all(window, latest, alpha, fresh, number).items():
            before, watches[name] = watches[name], step(watches[name], number, compared)
            if before.opened is None and watches[name].opened is not None:
                yield Opened(name, end)


def years_of_films(films_a_day: float) -> int:
    return int(YEAR_SECONDS / DAY * films_a_day)

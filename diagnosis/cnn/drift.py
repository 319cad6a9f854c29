"""Control charts of a clinic's films against a frozen window of its own: when a difference is an alert.

Films are compared in periods of PERIOD in the order in which they were analysed. At the end of each, the last
50, 200 and 400 films (HORIZONS) are held against the window, statistic by statistic, by tests that need no
distribution:

- *rank*, for the image statistics: Mann and Whitney's U over m · n, the probability that a film is above one
  of the window (0.5 without a change); limits from U's normal approximation. As a control chart: Chakraborti
  and Van de Wiel, A nonparametric control chart based on the Mann-Whitney statistic, IMS Collections 1
  (2008). The variance is that without ties, which is the larger one.
- *distribution*, for the network's score: Smirnov's D, the largest distance between the two distributions of
  values, so that any quantile may have moved. Limits by P(D ≥ d) ≤ 2.17 exp(−2 d² m n / (m + n)): Wei and
  Dudley, Two-sample Dvoretzky-Kiefer-Wolfowitz inequalities, Statistics & Probability Letters 82 (2012).
- *share*, for unsure and refused films: Fisher's exact test, each side with half of the probability.

**False alarms.** At most FALSE_ALARMS_A_YEAR for each clinic are to be expected, over all statistics, at any
number of films: time is what may be spent. A period that took the share t of a year to fill may cross with
the probability t · FALSE_ALARMS_A_YEAR, divided equally among its tests (`alpha_of`). While nothing has
changed each test crosses with its own probability at most, over windows and periods together; expectations
add up whatever depends on what; and an alert needs a crossing. So a year's alerts are expected to be at most
the year's budget. What may follow from one unlucky window is counted therein. It holds for films that are
independent of each other: where several films of a patient come together, or weekends differ from weekdays,
there will be more.

Nothing opens twice: see `step`. After an alert has closed, only films that came later are compared.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["rank", "distribution", "share"]
Columns = Mapping[str, NDArray[np.float64]]

KINDS: Final[dict[str, Kind]] = {
    "score": "distribution",
    "unsure": "share",
    "refused": "share",
    "level": "rank",
    "spread": "rank",
    "sharpness": "rank",
    "grain": "rank",
    "black": "rank",
    "white": "rank",
    "megapixels": "rank",
}
PERIOD: Final = 50
HORIZONS: Final = (1, 4, 8)  # in periods
FALSE_ALARMS_A_YEAR: Final = 0.5
YEAR_SECONDS: Final = 365.25 * 24 * 3600
MOST_OF_A_PERIOD: Final = 0.05  # where 50 films take very long
FEWEST: Final = 20  # values that are compared at all
BACK: Final = 0.05  # a difference that chance makes more often than this is none any more


@dataclass(frozen=True)
class Comparison:
    """Films held against the window: the value where `centre` means no change, its limits, and p.

    A limit that no value can pass is None.
    """

    value: float
    centre: float
    lower: float | None
    upper: float | None
    p: float
    films: int

    @property
    def crosses(self) -> bool:
        """Whether the value lies outside its limits."""
        above = self.upper is not None and self.value > self.upper
        return above or (self.lower is not None and self.value < self.lower)

    def to_json(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        found = {name: getattr(self, name) for name in ("value", "centre", "lower", "upper", "p")}
        rounded = {name: v if v is None else float(f"{v:.6g}") for name, v in found.items()}
        return rounded | {"films": self.films, "crosses": self.crosses}


def alpha_of(seconds: float) -> float:
    """The probability of a false crossing of one test, at the end of a period that took so long."""
    spent = FALSE_ALARMS_A_YEAR * max(0.0, seconds) / YEAR_SECONDS
    return max(1e-12, min(spent, MOST_OF_A_PERIOD) / (len(KINDS) * len(HORIZONS)))


def compare(
    kind: Kind, window: NDArray[np.float64], films: NDArray[np.float64], alpha: float
) -> Comparison | None:
    """Hold values (n,) against the window's (m,); None if either has fewer than FEWEST.

    NaN: the film has no such value. A share's values are 0 and 1.
    """
    window, films = window[~np.isnan(window)], films[~np.isnan(films)]
    if min(len(window), len(films)) < FEWEST:
        return None
    return {"rank": _rank, "distribution": _distribution, "share": _share}[kind](window, films, alpha)


def compare_all(
    window: Columns, films: Columns, alpha: float, fresh_from: Mapping[str, int], number: int
) -> dict[str, dict[int, Comparison]]:
    """The comparisons at the end of period `number` (from 1), by statistic and horizon.

    films: columns of the latest films, the newest last, as many periods as there are, up to the longest
    horizon. fresh_from: the first period, by statistic, that may count.
    """
    found: dict[str, dict[int, Comparison]] = {}
    for name, kind in KINDS.items():
        found[name] = {}
        for horizon in HORIZONS:
            if number - horizon + 1 < fresh_from.get(name, 1):
                break
            compared = compare(kind, window[name], films[name][-horizon * PERIOD :], alpha)
            if compared is not None:
                found[name][horizon] = compared
    return found


@dataclass(frozen=True)
class Watch:
    """How one statistic stands: the first period that counts, and when and by which horizon it opened."""

    fresh_from: int = 1
    opened: int | None = None
    horizon: int = 0


def step(watch: Watch, number: int, compared: Mapping[int, Comparison]) -> Watch:
    """The watch after period `number`.

    It opens when a horizon crosses; the shortest that does tells when. It closes when as many films as it
    took to see the change, at least 200, all later than its opening, differ from the window no more than
    chance makes differ once in twenty times.
    """
    if watch.opened is None:
        crossing = [horizon for horizon in HORIZONS if horizon in compared and compared[horizon].crosses]
        return Watch(watch.fresh_from, number, crossing[0]) if crossing else watch
    horizon = max(HORIZONS[1], watch.horizon)
    fresh = compared.get(horizon)
    if fresh is None or number < watch.opened + horizon or fresh.p <= BACK:
        return watch
    return Watch(fresh_from=number + 1)


def _rank(window: NDArray[np.float64], films: NDArray[np.float64], alpha: float) -> Comparison:
    m, n = len(window), len(films)
    ordered = np.sort(window)
    both = np.searchsorted(ordered, films, "left") + np.searchsorted(ordered, films, "right")
    above = float(both.sum()) / (2 * m * n)
    error = math.sqrt((m + n + 1) / (12 * m * n))
    reach = _normal_limit(alpha) * error
    p = math.erfc(abs(above - 0.5) / error / math.sqrt(2))
    return Comparison(above, 0.5, 0.5 - reach, 0.5 + reach, p, n)


@lru_cache(maxsize=1024)
def _normal_limit(alpha: float) -> float:
    return -NormalDist().inv_cdf(alpha / 2)


def _distribution(window: NDArray[np.float64], films: NDArray[np.float64], alpha: float) -> Comparison:
    m, n = len(window), len(films)
    places = np.concatenate([window, films])
    shares = [np.searchsorted(np.sort(values), places, "right") / len(values) for values in (window, films)]
    distance = float(np.abs(shares[0] - shares[1]).max())
    size = m * n / (m + n)
    upper = math.sqrt(math.log(2.17 / alpha) / (2 * size))
    p = min(1.0, 2.17 * math.exp(-2 * size * distance**2))
    return Comparison(distance, 0.0, None, upper, p, n)


def _share(window: NDArray[np.float64], films: NDArray[np.float64], alpha: float) -> Comparison:
    m, n, before, now = len(window), len(films), int(window.sum()), int(films.sum())
    fewest, most = _share_limits(m, before, n, alpha)
    return Comparison(
        now / n,
        before / m,
        None if fewest is None else fewest / n,
        None if most is None else most / n,
        _fisher(m, before, n, now),
        n,
    )


@lru_cache(maxsize=4096)
def _share_limits(m: int, before: int, n: int, alpha: float) -> tuple[int | None, int | None]:
    """The fewest and the most of n films that cross no limit; None where no number crosses."""
    expected = round(n * before / m)

    def crosses(now: int) -> bool:
        return _fisher(m, before, n, now) <= alpha

    most = _last_within(expected, n, crosses)
    fewest = _last_within(expected, 0, crosses)
    return (None if fewest == 0 else fewest), (None if most == n else most)


def _last_within(inside: int, end: int, crosses: Any) -> int:
    """The number farthest towards `end` that does not cross, by bisection: the probability falls outwards."""
    if not crosses(end):
        return end
    outside = end
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        inside, outside = (inside, middle) if crosses(middle) else (middle, outside)
    return inside


@lru_cache(maxsize=16384)
def _fisher(m: int, before: int, n: int, now: int) -> float:
    """Twice the smaller tail of the hypergeometric distribution, given how many of m + n there are."""
    total = before + now
    k = np.arange(max(0, total - m), min(n, total) + 1)
    logs = _log_choose(n, k) + _log_choose(m, total - k) - _log_choose(m + n, np.array([total]))
    chances = np.exp(logs)
    return float(min(1.0, 2 * min(chances[k >= now].sum(), chances[k <= now].sum())))


def _log_choose(n: int, k: NDArray[np.int_]) -> NDArray[np.float64]:
    table = _log_factorials(2048 if n < 2048 else n + 1)
    return np.asarray(table[n] - table[k] - table[n - k])


@lru_cache(maxsize=8)
def _log_factorials(count: int) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count)))])

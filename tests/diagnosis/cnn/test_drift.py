"""The control charts keep their stated rate of false alarms, and notice shifts as soon as stated.

Every stream is seeded. What docs/operating.md states is tested here.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from diagnosis.cnn.drift import (
    FALSE_ALARMS_A_YEAR,
    HORIZONS,
    KINDS,
    YEAR_SECONDS,
    Comparison,
    Kind,
    Watch,
    alpha_of,
    compare,
    step,
)
from tests.diagnosis.cnn.drift_streams import WINDOW, alerts, films, years_of_films

STATED_SHARE_OF_YEARS = 0.10
"""In how many years there is an alert although nothing changed, at ten films a day (500 years: 49)."""
YEARS = 50


def films_until(statistic: str, films_a_day: float, **shift: float) -> NDArray[np.float64]:
    """After how many shifted films each of 20 clinics has an alert about it."""
    rng, found = np.random.default_rng(11), []
    for _ in range(20):
        window, before, after = films(rng, WINDOW), films(rng, 200), films(rng, 1000, **shift)
        stream = {name: np.concatenate([before[name], after[name]]) for name in KINDS}
        opened = (
            one.films - 200 for one in alerts(window, stream, films_a_day) if one.statistic == statistic
        )
        found.append(next((count for count in opened if count > 0), np.inf))
    return np.array(found)


@pytest.mark.slow
def test_years_without_a_change_have_as_few_alerts_as_stated() -> None:
    rng = np.random.default_rng(2026)
    counts = [len(list(alerts(films(rng, WINDOW), films(rng, years_of_films(10)), 10))) for _ in range(YEARS)]
    years = sum(count > 0 for count in counts)
    spread = 2.58 * np.sqrt(YEARS * STATED_SHARE_OF_YEARS * (1 - STATED_SHARE_OF_YEARS))
    assert abs(years - YEARS * STATED_SHARE_OF_YEARS) <= spread  # 99 %
    assert sum(counts) < YEARS * FALSE_ALARMS_A_YEAR


def test_softer_films_are_noticed_within_a_hundred() -> None:
    assert (films_until("sharpness", 10, sharper=-1.0) <= 100).mean() >= 0.9


@pytest.mark.slow
def test_half_as_much_is_noticed_within_two_hundred_and_more_unsure_films_within_four_hundred() -> None:
    assert (films_until("sharpness", 10, sharper=-0.5) <= 250).mean() >= 0.8
    assert (films_until("unsure", 10, unsure=0.25) <= 400).mean() >= 0.75


@pytest.mark.parametrize("kind", ["rank", "distribution", "share"])
@pytest.mark.parametrize("fresh", [50, 200])
def test_each_test_crosses_no_more_often_than_its_probability(kind: Kind, fresh: int) -> None:
    rng, alpha, crossed = np.random.default_rng(3), 0.05, 0
    for _ in range(1000):
        both = rng.random(200 + fresh)
        values = (both < 0.15).astype(float) if kind == "share" else both
        compared = compare(kind, values[:200], values[200:], alpha)
        assert compared is not None
        crossed += compared.crosses
    assert crossed / 1000 <= alpha + 2.58 * np.sqrt(alpha * (1 - alpha) / 1000)
    assert crossed > 0  # limits that nothing ever passes would keep any rate


@pytest.mark.parametrize("kind", ["rank", "distribution", "share"])
def test_limits_and_probability_say_the_same(kind: Kind) -> None:
    rng = np.random.default_rng(4)
    for shift in np.linspace(0, 0.6, 25):
        window, fresh = rng.random(200), rng.random(50) + shift
        if kind == "share":
            window, fresh = (window < 0.2).astype(float), (fresh > 0.8).astype(float)
        compared = compare(kind, window, fresh, 0.01)
        assert compared is not None
        assert compared.crosses == (compared.p <= 0.01)


def test_fishers_probability_is_the_known_one() -> None:
    """Fisher's tea (Agresti, Categorical Data Analysis): 3 of 4 against 1 of 4 is 0.243, one side."""
    from diagnosis.cnn.drift import _fisher

    assert _fisher(4, 1, 4, 3) == pytest.approx(2 * 17 / 70)


def test_films_of_one_size_that_change_it_cross_and_a_rare_other_size_does_not() -> None:
    window = np.full(200, 7.1)
    assert crossing("rank", window, np.full(50, 4.0))
    assert not crossing("rank", window, np.array([4.0] * 3 + [7.1] * 47))
    assert not crossing("rank", window, np.full(50, 7.1))


def crossing(kind: Kind, window: NDArray[np.float64], fresh: NDArray[np.float64]) -> bool:
    compared = compare(kind, window, fresh, 1e-4)
    assert compared is not None
    return compared.crosses


def test_too_few_values_are_not_compared() -> None:
    fresh = np.full(50, np.nan)
    fresh[:19] = 1.0
    assert compare("rank", np.arange(200.0), fresh, 0.01) is None


def test_a_year_of_periods_spends_the_years_false_alarms_however_many_they_are() -> None:
    for periods in (12, 100, 5000):
        a_test = alpha_of(YEAR_SECONDS / periods)
        assert a_test * len(KINDS) * len(HORIZONS) * periods == pytest.approx(FALSE_ALARMS_A_YEAR)
    assert alpha_of(10 * YEAR_SECONDS) < 0.01
    assert alpha_of(-5.0) > 0  # the clock was set back


def compared(p: float, *, crosses: bool = False) -> Comparison:
    return Comparison(0.9 if crosses else 0.5, 0.5, 0.3, 0.7, p, 50)


def test_a_watch_opens_once_and_closes_on_later_films_alone() -> None:
    far, near = compared(1e-9, crosses=True), compared(0.5)
    opened = step(Watch(), 5, {1: far, 4: near})
    assert opened == Watch(1, 5, 1)
    assert step(opened, 6, {1: far, 4: far}) == opened
    assert step(opened, 8, {1: near, 4: near}) == opened  # three of the four periods are later
    assert step(opened, 9, {1: near, 4: compared(0.04)}) == opened
    assert step(opened, 9, {1: near, 4: near}) == Watch(fresh_from=10)


def test_a_change_that_took_four_hundred_films_to_see_takes_as_many_to_end() -> None:
    opened = step(Watch(), 8, {1: compared(0.5), 4: compared(0.5), 8: compared(1e-9, crosses=True)})
    assert step(opened, 12, {4: compared(0.5), 8: compared(0.5)}) == opened
    assert step(opened, 16, {4: compared(0.5), 8: compared(0.5)}).opened is None

"""Kappa, ICC, limits of agreement and exact intervals: by hand, and on two radiologists' own readings."""

import csv
import os
from pathlib import Path

import pytest

from diagnosis.cnn import agreement
from diagnosis.cnn.intervals import clopper_pearson, f_quantile

DATA = Path(os.environ.get("CARINA_CXR_DATA", Path(__file__).parents[4] / "shared" / "data" / "cxr"))


def pairs(table: list[list[int]]) -> tuple[list[int], list[int]]:
    cells = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in cells], [j for _, j in cells]


def test_kappa_by_hand() -> None:
    """20 and 15 agree of 50: observed 0.7, by chance 0.5, so 0.4; its error as Fleiss, Cohen, Everitt."""
    first, second = pairs([[20, 5], [10, 15]])
    assert agreement.confusion(first, second, (0, 1)) == [[20, 5], [10, 15]]
    found = agreement.kappa(first, second, (0, 1))
    assert found is not None
    assert found.value == pytest.approx(0.4)
    assert (found.low, found.high) == pytest.approx((0.151, 0.649), abs=0.001)


def test_quadratic_kappa_forgives_neighbours_more_than_opposites() -> None:
    """One film of ten a step apart: observed 0.975 by weight, by chance 0.635."""
    near, far = pairs([[4, 1, 0], [0, 2, 0], [0, 0, 3]]), pairs([[4, 0, 1], [0, 2, 0], [0, 0, 3]])
    close, wide = (agreement.kappa(*found, range(3), quadratic=True) for found in (near, far))
    plain = [agreement.kappa(*found, range(3)) for found in (near, far)]
    assert close is not None
    assert wide is not None
    # by chance: rows .5 .2 .3, columns .4 .3 .3 → Σ w p p = 1 − (.25·(.15 + .08 + .06 + .09) + .15 + .12)
    assert close.value == pytest.approx((0.975 - 0.635) / (1 - 0.635))
    assert wide.value < close.value
    assert all(one is not None and one.value > 0.8 for one in plain)


def test_kappa_says_nothing_of_nothing_nor_of_one_label() -> None:
    assert agreement.kappa([], [], (0, 1)) is None
    assert agreement.kappa([1, 1], [1, 1], (0, 1)) is None


def test_icc_and_limits_by_hand() -> None:
    """Readers one step apart throughout: films 8, readers 1.5, rest 0; (8 − 0) / (8 + 2 · 1.5 / 3)."""
    found = agreement.icc([1, 3, 5], [2, 4, 6])
    assert found is not None
    assert found.value == pytest.approx(8 / 9)
    assert found.low < found.value < found.high <= 1
    limits = agreement.limits_of_agreement([1, 3, 5], [2, 4, 9])
    assert limits.bias == pytest.approx(2)
    assert limits.high == pytest.approx(2 + 1.959964 * 3**0.5)
    assert agreement.icc([1, 3], [1, 3]) is None, "of two films"
    assert agreement.icc([2, 2, 2], [2, 2, 2]) is None, "no film differs"


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129), (126, 200, 0.5591, 0.6970)],
)
def test_the_exact_interval_of_a_share(count: int, of: int, low: float, high: float) -> None:
    """As Clopper and Pearson's tables have it: the one for 0 of 10 is 1 − 0.025^(1/10)."""
    assert clopper_pearson(count, of) == pytest.approx((low, high), abs=0.0001)


def test_quantiles_of_f_as_tables_have_them() -> None:
    assert f_quantile(0.975, 5, 10) == pytest.approx(4.2361, abs=0.0001)
    assert f_quantile(0.975, 1, 1) == pytest.approx(647.789, abs=0.01)


@pytest.mark.data
@pytest.mark.skipif(not (DATA / "manifest.csv").exists(), reason=f"there are no films in {DATA}")
def test_two_radiologists_agree_as_is_known_of_them() -> None:
    """Of BrixIA's 192 films 147 are in this set: the figures are those of all, within their intervals."""
    with (DATA / "manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["brixia_a"] and row["brixia_junior_a"]]
    sides = [
        [[int(float(row[f"{reader}_{zone}"])) for zone in "abcdef"] for row in rows]
        for reader in ("brixia", "brixia_junior")
    ]
    senior, junior = ([sum(film) for film in side] for side in sides)
    found = agreement.scores(senior, junior, highest=18)
    assert found is not None
    assert found.kappa is not None
    assert found.icc is not None
    assert found.films == 147
    told = (found.kappa.value, found.icc.value, found.mean_error, found.limits.low, found.limits.high)
    assert told == pytest.approx((0.861, 0.862, 1.925, -5.597, 4.168), abs=0.001)
    known = agreement.HUMAN_LIMITS  # of the 192
    assert (found.limits.low, found.limits.high) == pytest.approx((known.low, known.high), abs=0.15)
    assert found.icc.low < 0.86 < found.icc.high
    single = [[grade for film in side for grade in film] for side in sides]
    zone = agreement.kappa(*single, range(4), quadratic=True)
    assert zone is not None
    assert zone.value == pytest.approx(0.79, abs=0.01)

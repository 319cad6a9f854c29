"""Films made worse: each change does what it says, and an audit counts what that does to answers."""

import numpy as np
import pytest
from PIL import Image

from diagnosis.cnn.training.data.corruptions import (
    MEASURED,
    SHOWN,
    grainy,
    made_worse,
    sharper,
    smaller,
    softer,
)
from research.shortcuts.audit import figures_of_worse
from research.shortcuts.source_probe import Side
from tests.diagnosis.cnn.conftest import draw_film


def fine(film: Image.Image) -> float:
    """How much a film changes from one pixel to the next."""
    levels = np.asarray(film, dtype=float)
    return float(np.abs(np.diff(levels, axis=0)).mean() + np.abs(np.diff(levels, axis=1)).mean())


def test_each_change_moves_fine_texture_the_way_its_name_says() -> None:
    film, random = draw_film("covid19", 1), np.random.default_rng(0)
    assert fine(smaller(film, 0.5)) < fine(film)
    assert fine(softer(film, 1.0)) < fine(film)
    assert fine(sharper(film, 2.0, 100)) > fine(film)
    assert fine(grainy(film, 5.0, random)) > fine(film)
    for change in (*MEASURED.values(), *SHOWN):
        changed = change(film, random)
        assert (changed.size, changed.mode) == (film.size, "L")
        assert np.abs(np.asarray(changed, dtype=int) - np.asarray(film)).max() > 0


def test_a_copy_made_worse_is_stretched_as_the_network_is_used_to() -> None:
    film = np.asarray(draw_film("pneumonia", 2))
    for seed in range(8):
        copy = made_worse(film, np.random.default_rng(seed))
        assert (copy.shape, copy.dtype) == (film.shape, np.uint8)
        assert np.percentile(copy, (1, 99)) == pytest.approx((0, 255), abs=2)
        assert not np.array_equal(copy, film)
    empty = np.zeros((32, 32), np.uint8)
    np.testing.assert_array_equal(made_worse(empty, np.random.default_rng(0)), empty)


def test_an_audit_counts_films_whose_answer_a_change_overturns() -> None:
    labels = np.array([0, 0, 2, 2])
    side = Side(np.array(list("aaaa")), np.arange(4).astype(str), labels, {})
    p_abnormal = np.array([0.9, 0.8, 0.1, 0.5])

    def answers(p: np.ndarray) -> np.ndarray:
        return np.stack([p, np.zeros(4), 1 - p], axis=1)

    moved = np.stack([answers(p_abnormal)] * len(MEASURED), axis=1)
    # Two are turned; the others only become unsure, or were.
    moved[:, 0] = answers(np.array([0.1, 0.5, 0.9, 0.9]))
    rows = figures_of_worse(side, answers(p_abnormal), moved, (0.3, 0.7), resamples=10)
    assert list(rows) == ["untouched", *MEASURED]
    assert rows["untouched"]["decided"] == 0.75
    changed = rows[next(iter(MEASURED))]
    assert changed["overturned"] == 0.5
    assert changed["shift"] == pytest.approx(0.025)
    assert changed["auroc_abnormal"]["value"] == 0.0

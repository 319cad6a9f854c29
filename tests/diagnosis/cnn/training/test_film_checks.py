"""What the film checks learn from: films altered by code, and who may be learnt from."""

import numpy as np
import pytest

from diagnosis.cnn.quality.film_checks import KINDS
from diagnosis.cnn.training.film_checks import alterations, samples

FILM = np.arange(200 * 160, dtype=np.float64).reshape(200, 160)
FILM = np.asarray(255 * FILM / FILM.max(), dtype=np.uint8)


def random() -> np.random.Generator:
    return np.random.default_rng(5)


def test_a_quarter_turn_is_clockwise() -> None:
    """The left column comes to the top."""
    np.testing.assert_array_equal(alterations.turned(FILM, 1)[0], FILM[::-1, 0])


@pytest.mark.parametrize(
    ("side", "shape"),
    [("left", (200, 80)), ("right", (200, 80)), ("upper", (100, 160)), ("lower", (100, 160))],
)
def test_half_a_film_is_the_half_that_was_asked_for(side: str, shape: tuple[int, int]) -> None:
    half = alterations.half(FILM, side)
    assert half.shape == shape
    corner = {"left": FILM[0, 0], "right": FILM[0, 80], "upper": FILM[0, 0], "lower": FILM[100, 0]}[side]
    assert half[0, 0] == corner


def test_two_films_stand_beside_each_other_in_one_picture() -> None:
    both = alterations.side_by_side([FILM, FILM], random())
    assert both.shape[0] == 200
    assert both.shape[1] >= 320
    over = alterations.side_by_side([FILM, FILM], random(), upright=True)
    assert over.shape[0] >= 400
    assert over.shape[1] == 160


def test_sixteen_levels_are_sixteen() -> None:
    assert len(np.unique(alterations.of_levels(FILM, 16))) == 16


def test_a_photograph_has_the_films_size_and_surroundings_of_another_tone() -> None:
    taken = alterations.photographed(np.full((200, 160), 128, np.uint8), random())
    assert taken.shape == (200, 160)
    assert np.ptp(taken) > 40


def test_samples_say_what_was_done_and_nothing_of_what_cannot_be_known() -> None:
    generator = random()
    made = [samples.of_film(FILM, FILM, generator) for _ in range(200)]
    assert {KINDS[one.kind] for one in made} == set(samples.SHARES)
    for one in made:
        whole = KINDS[one.kind] in ("frontal", "photographed")
        assert (one.quarters != samples.UNKNOWN) == (one.mirrored != samples.UNKNOWN) == whole
        assert one.inverted in (0, 1)
        assert one.picture.dtype == np.uint8
    other = samples.of_no_frontal(FILM, "other", generator)
    assert (KINDS[other.kind], other.inverted, other.quarters) == ("other", -1, -1)
    assert samples.truths([other]).tolist() == [[KINDS.index("other"), -1, -1, -1]]


def test_fewer_than_half_of_the_other_pictures_are_learnt_from_and_always_the_same() -> None:
    names = [f"not-frontal/{number}.jpg" for number in range(1000)]
    chosen = [name for name in names if samples.for_fitting(name)]
    assert 400 < len(chosen) < 500
    assert chosen == [name for name in names if samples.for_fitting(name)]

"""Putting a film right that came inverted or turned."""

import numpy as np
import pytest

from diagnosis.imaging.correction import corrected
from diagnosis.imaging.radiograph import Radiograph

PIXELS = np.arange(6, dtype=np.float32).reshape(2, 3) / 8  # every pixel another, wider than high
FILM = Radiograph(PIXELS, width=300, height=200, facts={"levels": "6"}, window=(0.25, 1.0))


@pytest.mark.parametrize(("code", "clockwise"), [("rotated_90", 1), ("rotated_180", 2), ("rotated_270", 3)])
def test_a_film_that_came_turned_clockwise_is_turned_back(code: str, clockwise: int) -> None:
    """The turn is told clockwise, as the film came; width and height follow it."""
    turned = np.rot90(PIXELS, -clockwise)
    height, width = (300, 200) if clockwise % 2 else (200, 300)
    back = corrected(Radiograph(turned, width=width, height=height), [code])
    np.testing.assert_array_equal(back.pixels, PIXELS)
    assert (back.width, back.height) == (300, 200)


def test_an_inverted_film_is_reversed_with_its_window() -> None:
    """What a screen showed as black and white stays so, the other way round."""
    back = corrected(FILM, ["inverted"])
    np.testing.assert_array_equal(back.pixels, 1 - PIXELS)
    assert back.window == (0.0, 0.75)
    assert back.facts == FILM.facts


def test_both_can_be_put_right_in_any_order() -> None:
    """A correction does not depend on the other."""
    one, other = corrected(FILM, ["inverted", "rotated_90"]), corrected(FILM, ["rotated_90", "inverted"])
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert one.pixels.shape == (3, 2)


def test_a_film_without_corrections_stays_itself() -> None:
    """Nothing is copied for the films that need nothing."""
    assert corrected(FILM, []) is FILM


def test_an_unknown_correction_is_refused_by_name() -> None:
    """A misspelt code must not pass as "nothing to do"."""
    with pytest.raises(ValueError, match="mirrored"):
        corrected(FILM, ["mirrored"])

"""What the pixels alone say of a film: its exposure."""

import numpy as np
import pytest

from diagnosis.cnn.quality.pixels import exposure
from diagnosis.cnn.training.film_checks import alterations
from diagnosis.imaging.radiograph import Radiograph
from tests.diagnosis.cnn.conftest import draw_film

FILM = np.asarray(draw_film("normal", 0, side=300))


def as_radiograph(film: np.ndarray, window: tuple[float, float] = (0.0, 1.0)) -> Radiograph:
    height, width = film.shape
    return Radiograph((film / 255).astype(np.float32), width, height, window=window)


@pytest.mark.parametrize(
    ("low", "high", "code"),
    [(0.0, 0.25, "too_dark"), (0.75, 1.0, "too_bright"), (0.4, 0.6, "too_flat")],
)
def test_a_film_squeezed_into_a_few_tones_is_told_as_it_looks(low: float, high: float, code: str) -> None:
    assert code in exposure(as_radiograph(alterations.exposed(FILM, low, high)))
    assert exposure(as_radiograph(FILM)) == []


def test_a_deep_film_is_judged_as_its_window_shows_it() -> None:
    squeezed = alterations.exposed(FILM, 0.4, 0.6)
    assert exposure(as_radiograph(squeezed, window=(0.4, 0.6))) == []

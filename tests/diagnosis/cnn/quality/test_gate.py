"""The film gate: what is no film, what is a film like none before, and what is counted of both."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from diagnosis.cnn.evaluation.prediction import Answers
from diagnosis.cnn.evaluation.report import gated
from diagnosis.cnn.quality import (
    MOST_COLOUR,
    FilmGate,
    NotAChestRadiograph,
    check_pixels,
    directions,
    distance_to_films,
)
from diagnosis.imaging.radiograph import Radiograph

KNOWN = np.eye(6, dtype=np.float32)[:2] + 0.1


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    path = tmp_path / "reference.npz"
    np.savez(path, films=directions(KNOWN))
    return path


def between(share: float) -> np.ndarray:
    """Features on the way from the first known film to something else."""
    other = np.eye(6, dtype=np.float32)[5]
    return np.asarray((1 - share) * KNOWN[0] + share * other, dtype=np.float32)


def test_a_gate_tells_familiar_unfamiliar_and_no_film_apart(reference: Path) -> None:
    near, far, out = (
        float(distance_to_films(between(s)[None], directions(KNOWN))[0]) for s in (0.1, 0.4, 0.9)
    )
    assert near < far < out
    threshold = (far + out) / 2
    gate = FilmGate.of(reference, {"threshold": threshold, "margin": threshold / ((near + far) / 2)})
    assert [gate.unfamiliar(distance) for distance in (near, far, out)] == [False, True, True]
    gate.check(far)
    with pytest.raises(NotAChestRadiograph):
        gate.check(out)
    assert gate.told(far) == {"film_distance": far, "familiar_up_to": gate.familiar}
    answers = Answers(
        np.zeros((4, 3)), np.zeros((4, 3)), np.stack([between(s) for s in (0, 0.1, 0.4, 0.9)]), {}
    )
    assert gated(answers, gate) == {"refused_by_film_gate": 1, "unfamiliar": 1}


def test_a_gate_whose_margin_is_one_knows_no_unfamiliar_films_and_less_is_refused(reference: Path) -> None:
    gate = FilmGate.of(reference, {"threshold": 0.2, "margin": 1.0})
    assert gate.familiar == gate.threshold
    for margin in (0.0, 0.9, float("nan")):
        with pytest.raises(ValueError, match="margin"):
            FilmGate.of(reference, {"threshold": 0.2, "margin": margin})


@pytest.mark.parametrize(("levels", "drawing"), [(11, True), (12, False)])
def test_a_picture_of_hardly_any_greys_is_a_drawing(levels: int, drawing: bool) -> None:
    pixels = np.tile(np.arange(264) % levels / (levels - 1), (256, 1)).astype(np.float32)
    picture = Radiograph(pixels, width=264, height=256)
    with pytest.raises(NotAChestRadiograph) if drawing else contextlib.nullcontext():
        check_pixels(picture)


def test_a_picture_may_be_as_colourful_as_the_limit_and_no_more() -> None:
    pixels = np.tile(np.linspace(0, 1, 264, dtype=np.float32), (256, 1))

    def check(colourfulness: float) -> None:
        check_pixels(Radiograph(pixels, 264, 256, facts={"colourfulness": repr(colourfulness)}))

    check(MOST_COLOUR)
    with pytest.raises(NotAChestRadiograph, match="colour"):
        check(float(np.nextafter(MOST_COLOUR, 1000)))

"""Letters burnt into a film are found, and what lies under them reaches no network."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from diagnosis.cnn.classifier import Classification, Classifier
from diagnosis.cnn.lungs import LungFields
from diagnosis.cnn.network import Network, NetworkAnswer
from diagnosis.cnn.quality import without_letters
from diagnosis.cnn.quality.letters import Box, lines_of_letters
from diagnosis.cnn.training.film_checks import alterations
from diagnosis.imaging.radiograph import Radiograph
from tests.diagnosis.cnn.conftest import draw_film
from tests.plain_phantom import draw_phantom

FILM = np.asarray(draw_film("normal", 0, side=300))
NAME = "NOWAK ANNA 12.03.1961"


def as_radiograph(film: NDArray[np.uint8]) -> Radiograph:
    height, width = film.shape
    return Radiograph((film / 255).astype(np.float32), width, height)


def written(
    film: NDArray[np.uint8], text: str, *, at: tuple[float, float], share: float = 0.05, ink: int = 255
) -> Radiograph:
    picture = Image.fromarray(film.copy())
    place = (at[0] * picture.width, at[1] * picture.height)
    ImageDraw.Draw(picture).text(place, text, fill=ink, font_size=round(share * picture.height))
    return as_radiograph(np.asarray(picture))


@pytest.mark.parametrize("seed", range(4))
def test_a_name_is_found_and_a_film_without_one_has_none(seed: int) -> None:
    named = alterations.written_on(FILM, np.random.default_rng(seed))
    for film in (named, 255 - named, alterations.turned(named, 1), alterations.turned(named, 2)):
        assert lines_of_letters(as_radiograph(np.asarray(film)))
    assert not lines_of_letters(as_radiograph(FILM))


def test_the_letter_that_marks_a_side_stays() -> None:
    assert not lines_of_letters(written(FILM, "R", at=(0.03, 0.03)))
    named = written(FILM, NAME, at=(0.05, 0.8))
    picture = Image.fromarray(np.asarray(named.pixels * 255 + 0.5, dtype=np.uint8))
    ImageDraw.Draw(picture).text((10, 10), "R", fill=255, font_size=24)
    both = as_radiograph(np.asarray(picture))
    left = without_letters(both, lines_of_letters(both)).pixels
    assert np.array_equal(left[:60, :60], both.pixels[:60, :60])


@pytest.mark.parametrize("size", [300, 900, 1800])
def test_every_letter_is_under_a_box_and_nothing_else_is_touched(size: int) -> None:
    film = np.asarray(draw_film("normal", 0, side=size))
    named = written(film, NAME, at=(0.1, 0.45))
    boxes = lines_of_letters(named)
    fed = without_letters(named, boxes).pixels
    letters = named.pixels != as_radiograph(film).pixels
    covered = np.zeros_like(letters)
    for box in boxes:
        covered[box.top : box.bottom, box.left : box.right] = True
    assert covered[letters].all()
    assert fed[letters].max() < 0.9, "the letters are white"
    assert np.array_equal(fed[~covered], named.pixels[~covered])
    assert covered.mean() < 0.12


def test_a_picture_that_is_all_strokes_is_gone_through_quickly_and_whole() -> None:
    stripes = np.tile(np.array([255, 255, 0, 0, 0, 0], np.uint8), (640, 107))[:, :640]
    radiograph = as_radiograph(np.ascontiguousarray(stripes))
    boxes = lines_of_letters(radiograph)
    assert boxes == [Box(0, 0, 640, 640)]
    assert not without_letters(radiograph, boxes).pixels.any(), "nothing is around it to fill it from"


class Fed:
    """What each network of a classifier was given: the large one's tensors, the lung network's films."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, classifier: Classifier) -> None:
        self.tensors: list[NDArray[np.float32]] = []
        self.films: list[NDArray[np.float32]] = []
        run, find = Network.run, classifier._preparation.find

        def running(network: Network, pixels: NDArray[np.float32]) -> NetworkAnswer:
            self.tensors.append(pixels)
            return run(network, pixels)

        def finding(pixels: NDArray[np.float32]) -> LungFields | None:
            self.films.append(pixels)
            return find(pixels)

        monkeypatch.setattr(Network, "run", running)
        monkeypatch.setattr(classifier._preparation, "find", finding)


def answers(
    shipped: Classifier, monkeypatch: pytest.MonkeyPatch, films: list[Radiograph]
) -> tuple[Fed, list[Classification]]:
    """Films that are taken as they are, whatever the film checks' network thinks of drawings."""
    monkeypatch.setattr(shipped, "_checks", None)
    monkeypatch.setattr(shipped._gate, "check", lambda distance: None)
    fed = Fed(monkeypatch, shipped)
    return fed, [shipped.classify(film) for film in films]


def test_no_network_is_fed_the_pixels_of_a_name(shipped: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same name in two inks: what is fed does not differ by a grey level, so nothing of it is left."""
    film = np.asarray(draw_phantom(seed=3).convert("L"))
    white, grey = (written(film, NAME, at=(0.12, 0.62), share=0.06, ink=ink) for ink in (255, 225))
    assert lines_of_letters(white) == lines_of_letters(grey)
    prepared = [shipped._preparation.prepare(named.pixels)[0] for named in (white, grey)]
    assert prepared[0].sha256 != prepared[1].sha256, "as they are they would differ"
    fed, said = answers(shipped, monkeypatch, [white, grey])
    assert all(one.quality["cautions"][0]["code"] == "burnt_in_text_suspected" for one in said)
    assert np.array_equal(fed.films[0], fed.films[1])
    looks = len(fed.tensors) // 2
    assert all(np.array_equal(fed.tensors[k], fed.tensors[looks + k]) for k in range(looks))
    assert said[0].input_sha256 == said[1].input_sha256


def test_letters_over_the_lungs_send_the_film_to_a_person_and_those_beside_them_do_not(
    shipped: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = np.asarray(draw_phantom(seed=3).convert("L"))
    films = [written(film, NAME, at=(0.12, y), share=0.06) for y in (0.5, 0.01)]
    _, (over, beside) = answers(shipped, monkeypatch, films)
    told = [{one["code"] for one in said.quality["cautions"]} for said in (over, beside)]
    assert "letters_over_lungs" in told[0]
    assert over.triage == "unsure"
    assert "letters_over_lungs" not in told[1]

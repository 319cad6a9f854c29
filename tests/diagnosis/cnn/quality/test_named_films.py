"""The film checks that ship, on real films with one thing wrong each, by name; all are test films."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from diagnosis.cnn.bundle import CHECKS, CHECKS_CARD, FILM_CHECKS, LUNG_NETWORK
from diagnosis.cnn.lungs import LungFinder
from diagnosis.cnn.quality import (
    FilmChecks,
    NotAChestRadiograph,
    Verdict,
    few_grey_levels,
    judge,
    lungs_cut_off,
)
from diagnosis.cnn.training.film_checks import alterations
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import read_raster
from tests.diagnosis.cnn.conftest import draw_film

Film = alterations.Film


@dataclass(frozen=True)
class Told:
    """What became of some films: codes of refusals, corrections and cautions."""

    refused: list[str]
    judged: list[Verdict]
    cut_off: list[bool]
    """Of each judged film, whether its lungs run out of it or were not found, which a doubt tells."""

    def share(self, code: str) -> float:
        """Of all films, those that this code was told of."""
        told = [{one["code"] for one in (*verdict.corrections, *verdict.cautions)} for verdict in self.judged]
        hits = self.refused.count(code) + sum(code in codes for codes in told)
        return hits / (len(self.refused) + len(self.judged))


@pytest.fixture(scope="module")
def checks() -> FilmChecks:
    return FilmChecks(FILM_CHECKS / CHECKS, FILM_CHECKS / CHECKS_CARD)


@pytest.fixture(scope="module")
def films(real_films: Path) -> list[Film]:
    """Twenty-four films of the test split, from all sources."""
    with (real_films / "manifest.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "test" and row["label"]]
    paths = [real_films / row["file"] for row in rows[:: len(rows) // 24][:24]]
    return [np.asarray(read_raster(path).pixels * 255 + 0.5, dtype=np.uint8) for path in paths]


Judge = Callable[[Callable[[Film, np.random.Generator], Film]], Told]


@pytest.fixture
def told(checks: FilmChecks, films: list[Film]) -> Judge:
    lung_finder = LungFinder(LUNG_NETWORK)

    def judged(alter: Callable[[Film, np.random.Generator], Film]) -> Told:
        random, outcome = np.random.default_rng(11), Told([], [], [])
        for film in films:
            picture = alter(film, random)
            try:
                outcome.judged.append(judge(checks, as_radiograph(picture)))
                lungs = lung_finder.find(as_radiograph(picture).pixels)
                outcome.cut_off.append(not lungs.found or lungs_cut_off(lungs.mask))
            except NotAChestRadiograph as refused:
                outcome.refused.append(refused.code)
        return outcome

    return judged


def as_radiograph(film: Film) -> Radiograph:
    height, width = film.shape
    levels = str(len(np.unique(film)))
    return Radiograph((film / 255).astype(np.float32), width, height, {"levels": levels})


@pytest.mark.data
def test_films_as_they_came_are_neither_refused_nor_corrected(told: Judge) -> None:
    outcome = told(lambda film, _: film)
    assert outcome.refused == []
    assert [verdict.corrections for verdict in outcome.judged] == [[]] * 24


@pytest.mark.data
@pytest.mark.parametrize(
    ("quarters", "code"), [(2, "rotated_180"), (1, "rotated_90"), (3, "rotated_270")],
    ids=["upside-down", "rotated clockwise", "rotated the other way"],
)  # fmt: skip
def test_a_turned_film_is_turned_back(told: Judge, films: list[Film], quarters: int, code: str) -> None:
    outcome = told(lambda film, _: alterations.turned(film, quarters))
    assert outcome.share(code) >= 0.95
    back = next(verdict.film for verdict in outcome.judged if verdict.corrections)
    assert any(np.array_equal(back.pixels, as_radiograph(film).pixels) for film in films)


@pytest.mark.data
def test_an_inverted_film_is_put_right(told: Judge) -> None:
    assert told(lambda film, _: alterations.inverted(film)).share("inverted") >= 0.95


@pytest.mark.data
@pytest.mark.parametrize("side", alterations.SIDES)
def test_half_a_film_is_refused_or_doubted(told: Judge, side: str) -> None:
    outcome = told(lambda film, _: alterations.half(film, side))
    suspected = [
        cut_off or any(one["code"] == "lungs_cut_off_suspected" for one in verdict.cautions)
        for verdict, cut_off in zip(outcome.judged, outcome.cut_off, strict=True)
    ]
    assert len(outcome.refused) + sum(suspected) >= 22


@pytest.mark.data
def test_a_neck_is_refused(told: Judge) -> None:
    assert len(told(alterations.neck_only).refused) >= 22


@pytest.mark.data
def test_two_films_in_one_picture_are_told(told: Judge) -> None:
    outcome = told(lambda film, random: alterations.side_by_side([film, film[:, ::-1]], random))
    assert outcome.share("several_films") >= 0.9


@pytest.mark.data
def test_a_photograph_of_a_film_on_a_light_box_is_told(told: Judge) -> None:
    assert told(alterations.photographed).share("film_photographed") >= 0.9


@pytest.mark.data
def test_most_burnt_in_names_are_told(told: Judge) -> None:
    assert told(alterations.written_on).share("burnt_in_text_suspected") >= 0.6


@pytest.mark.data
def test_a_film_of_sixteen_grey_levels_is_told(told: Judge) -> None:
    assert told(lambda film, _: alterations.of_levels(film, 16)).share("few_grey_levels") == 1


# Without data: drawings. What the checks say of a drawing is no measure, only that each name has its code.
def test_sixteen_levels_and_a_burnt_in_name_are_told_of_a_drawing_too() -> None:
    drawn = np.asarray(draw_film("normal", 0, side=300).convert("L"))
    assert few_grey_levels(as_radiograph(alterations.of_levels(drawn, 16)))
    assert not few_grey_levels(as_radiograph(drawn))


def test_every_correction_of_a_drawing_is_confirmed_by_a_second_look(checks: FilmChecks) -> None:
    drawn = np.asarray(draw_film("normal", 0, side=300).convert("L"))
    for quarters in range(4):
        try:
            judged = judge(checks, as_radiograph(alterations.turned(drawn, quarters)))
        except NotAChestRadiograph:
            continue
        if judged.corrections:
            assert checks.look(judged.film.pixels).agrees_with(checks.limits["confirm"])

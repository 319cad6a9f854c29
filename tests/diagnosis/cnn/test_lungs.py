"""Where the lungs lie, and that a mask which cannot be two lungs crops nothing."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from diagnosis.cnn.bundle import LUNG_NETWORK
from diagnosis.cnn.lungs import MARGIN, FilmPreparation, LungFinder, fields_of
from diagnosis.cnn.preprocessing import FULL_FILM, PreprocessingParameters, to_grey_levels
from diagnosis.imaging.raster import read_raster
from tests.diagnosis.cnn.conftest import draw_film

DATA = Path(__file__).parents[4] / "shared/data/cxr"


def two_lungs() -> NDArray[np.float32]:
    mask = np.zeros((48, 48), np.float32)
    mask[10:34, 8:20] = 1.0
    mask[10:34, 28:40] = 1.0
    return mask


def test_the_box_holds_both_lungs_with_a_margin() -> None:
    fields = fields_of(two_lungs())
    left, top, right, bottom = fields.box
    assert fields.found
    assert left == pytest.approx(8 / 48 - MARGIN * 32 / 48, abs=0.02)
    assert right == pytest.approx(40 / 48 + MARGIN * 32 / 48, abs=0.02)
    assert top == pytest.approx(10 / 48 - MARGIN * 24 / 48, abs=0.02)
    assert bottom == pytest.approx(34 / 48 + MARGIN * 24 / 48, abs=0.02)


def test_a_stray_speck_does_not_widen_the_box() -> None:
    specked = two_lungs()
    specked[46, 46] = 1.0
    assert np.allclose(fields_of(specked).box, fields_of(two_lungs()).box, atol=0.02)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_nothing_is_cropped_where_the_mask_cannot_be_two_lungs(level: float) -> None:
    fields = fields_of(np.full((48, 48), level, np.float32))
    assert not fields.found
    assert fields.box == FULL_FILM


@pytest.mark.parametrize("part", [np.s_[:, 20:30], np.s_[20:30, :]])
def test_nothing_is_cropped_to_a_stripe(part: tuple[slice, slice]) -> None:
    mask = np.zeros((48, 48), np.float32)
    mask[part] = 1.0
    assert not fields_of(mask).found


def test_the_box_of_lungs_at_the_films_edge_ends_there() -> None:
    mask = np.zeros((48, 48), np.float32)
    mask[:36, :18] = mask[:36, 30:] = 1.0
    left, top, right, bottom = fields_of(mask).box
    assert (left, top, right) == (0.0, 0.0, 1.0)
    assert bottom < 1


def test_a_film_whose_lungs_are_not_found_keeps_its_frame_but_the_border() -> None:
    parameters = PreprocessingParameters(size=64, crop="lungs")
    assert parameters.box(fields_of(np.zeros((48, 48), np.float32)).box) == (0.04, 0.04, 0.96, 0.96)


def test_a_lung_network_is_loaded_where_films_are_cropped_to_the_lungs_alone() -> None:
    gone = Path("gone.tflite")
    with pytest.raises(ValueError, match=r"gone\.tflite"):
        FilmPreparation(PreprocessingParameters(crop="lungs"), gone)
    FilmPreparation(PreprocessingParameters(crop="film"), gone)


def test_the_network_sees_the_box_that_the_preparation_names() -> None:
    pixels: NDArray[np.float32] = np.asarray(draw_film("normal", 3), dtype=np.float32) / np.float32(255)
    parameters = PreprocessingParameters(size=96, crop="lungs")
    lungs = LungFinder(LUNG_NETWORK).find(pixels).box
    film, box = FilmPreparation(parameters, LUNG_NETWORK).prepare(pixels)
    assert box == parameters.box(lungs)
    assert np.array_equal(film.pixels[..., 0], to_grey_levels(pixels, parameters, lungs))


@pytest.mark.skipif(not (DATA / "manifest.csv").exists(), reason="needs the films in ../shared/data/cxr")
def test_lungs_on_films_it_never_saw_overlap_with_the_drawn_ones() -> None:
    with (DATA / "manifest.csv").open(newline="", encoding="utf-8-sig") as stream:
        rows = [row for row in csv.DictReader(stream) if row["lung_mask"] and row["split"] != "train"]
    finder, overlaps = LungFinder(LUNG_NETWORK), []
    for row in rows:
        found = finder.find(read_raster(DATA / row["file"]).pixels).mask > 0.5
        with Image.open(DATA / row["lung_mask"]) as picture:
            drawn = np.asarray(picture.convert("L").resize((48, 48), Image.Resampling.BOX)) > 127
        overlaps.append(2 * (found & drawn).sum() / (found.sum() + drawn.sum()))
    assert len(overlaps) == 19
    assert np.mean(overlaps) > 0.92
    assert min(overlaps) > 0.75

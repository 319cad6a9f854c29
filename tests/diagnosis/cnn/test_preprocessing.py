"""One path from pixels to network input: the same bytes in training and serving, whatever the film's size."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from diagnosis.cnn.bundle import LUNG_NETWORK
from diagnosis.cnn.evaluation.manifest import read_manifest
from diagnosis.cnn.lungs import FilmPreparation
from diagnosis.cnn.preprocessing import (
    PREPROCESSING_VERSION,
    Crop,
    PreprocessingParameters,
    to_grey_levels,
    to_network_input,
)
from diagnosis.cnn.training.data.films import decoded
from diagnosis.imaging.raster import read_raster
from tests.diagnosis.cnn.conftest import draw_film

PARAMETERS = PreprocessingParameters()


def film(side: int = 300) -> np.ndarray:
    return np.asarray(draw_film("pneumonia", 1, side=side), dtype=np.float32) / 255


@pytest.mark.parametrize("resolution", [0, 72])
@pytest.mark.parametrize("crop", get_args(Crop))
def test_training_and_serving_feed_the_same_bytes(
    crop: Crop, resolution: int, write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    parameters = PreprocessingParameters(crop=crop, resolution=resolution)
    draw_film("covid19", 3, side=341).save(tmp_path / "a.jpg", quality=80)
    rows = [
        {"file": "a.jpg", "label": "covid19", "source": "x"},
        {"file": "b.png", "label": "normal", "source": "x"},
    ]
    manifest = read_manifest(write_manifest(rows))
    cached, changed, _ = decoded(
        manifest, manifest.films, parameters, lungs=LUNG_NETWORK, cache=tmp_path / "cache"
    )
    serving = FilmPreparation(parameters, LUNG_NETWORK)
    for number, entry in enumerate(manifest.films):
        served, box = serving.prepare(read_raster(manifest.path(entry)).pixels)
        assert (box == parameters.box()) == (crop == "film")
        assert np.array_equal(served.pixels[..., 0], cached[number])
    assert changed.shape == cached.shape
    assert not np.array_equal(changed, cached)  # by another machine


def test_input_has_the_shape_and_range_the_graph_expects() -> None:
    pixels = to_network_input(film(), PARAMETERS).pixels
    assert pixels.shape == (224, 224, 1)
    assert pixels.dtype == np.float32
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert np.array_equal(pixels, np.rint(pixels))


def test_marks_at_the_very_border_and_exposure_do_not_reach_the_network() -> None:
    plain = film()
    marked = plain.copy()
    marked[:6], marked[:, -6:] = 1.0, 0.0  # outer 2 %: inside the 4 % that are cut, beyond the filter's reach
    assert to_network_input(marked, PARAMETERS).sha256 == to_network_input(plain, PARAMETERS).sha256
    darker = to_grey_levels(plain * np.float32(0.5) + np.float32(0.1), PARAMETERS).astype(int)
    assert np.abs(darker - to_grey_levels(plain, PARAMETERS)).max() <= 1


def test_the_border_is_cut_where_the_lungs_lie_at_it_too() -> None:
    parameters = PreprocessingParameters(crop="lungs")
    lungs = (0.0, 0.01, 1.0, 0.7)
    assert parameters.box(lungs) == (0.04, 0.04, 0.96, 0.7)
    assert parameters.box((0.3, 0.2, 0.8, 0.99)) == (0.3, 0.2, 0.8, 0.96)
    plain = film()
    marked = plain.copy()
    marked[:6], marked[:, :6], marked[:, -6:] = 1.0, 0.0, 1.0
    seen = [to_network_input(pixels, parameters, lungs).sha256 for pixels in (plain, marked)]
    assert seen[0] == seen[1]


def test_a_wide_film_is_squeezed_without_bars() -> None:
    wide = np.asarray(draw_film("normal", 2).resize((500, 250)), dtype=np.float32) / 255
    square = np.asarray(draw_film("normal", 2).resize((500, 500)), dtype=np.float32) / 255
    difference = to_grey_levels(wide, PARAMETERS).astype(int) - to_grey_levels(square, PARAMETERS)
    assert np.abs(difference).mean() < 4


def test_blank_film_gives_black_and_odd_shapes_are_named() -> None:
    assert not to_grey_levels(np.full((80, 90), 0.4, np.float32), PARAMETERS).any()
    for shape in ((0, 5), (4, 4, 3)):
        with pytest.raises(ValueError, match="two dimensions"):
            to_grey_levels(np.zeros(shape, np.float32), PARAMETERS)


def test_a_whole_film_gives_the_digest_of_this_version() -> None:
    """A change of a single byte means another preprocessing version: bump it, and train again."""
    y, x = np.mgrid[0:250, 0:310].astype(np.float32)
    drawn = np.asarray(np.rint(127 + 60 * np.sin(x / 17) + 50 * np.cos(y / 23)) / 255, dtype=np.float32)
    assert PREPROCESSING_VERSION == 3
    assert to_network_input(drawn, PARAMETERS).sha256 == (  # as in version 2
        "a7803456d5122f947e97413910109f6996c7e0f65da1aa2b3cdce53d3fee5411"
    )
    coarse = to_network_input(drawn, PreprocessingParameters(resolution=72))
    assert coarse.sha256 == "29c40c7a27ab3e2d7e4bf7d652feb7a421d82d4b8d27b8f8f720d2892115ecf6"


def test_nothing_finer_than_the_resolution_reaches_the_network() -> None:
    """Grain of one pixel on a film of 512 moves the input at its own resolution, and hardly at 72 pixels."""
    y, x = np.mgrid[0:512, 0:512].astype(np.float32)
    chest = 0.5 + 0.3 * np.sin(x / 90) * np.cos(y / 70)
    grain = np.random.default_rng(0).normal(0, 0.02, chest.shape).astype(np.float32)

    def moved(resolution: int) -> float:
        parameters = PreprocessingParameters(resolution=resolution)
        plain, grainy = (to_grey_levels(film, parameters).astype(float) for film in (chest, chest + grain))
        return float(np.abs(plain - grainy).mean())

    assert moved(72) < moved(0) / 2
    assert to_grey_levels(chest, PreprocessingParameters(resolution=72)).shape == (224, 224)
    blank = np.full((80, 90), 0.4, np.float32)
    assert not to_grey_levels(blank, PreprocessingParameters(resolution=72)).any()
    for resolution in (8, 225):
        with pytest.raises(ValueError, match="a resolution is 16 pixels to the input's 224"):
            PreprocessingParameters(resolution=resolution)


def test_parameters_travel_in_the_card_and_other_versions_are_refused() -> None:
    parameters = PreprocessingParameters(size=160, border=0.02)
    assert PreprocessingParameters.from_card(parameters.to_card()) == parameters
    older = {key: value for key, value in parameters.to_card().items() if key != "resolution"} | {
        "version": 2
    }
    assert PreprocessingParameters.from_card(older).resolution == 0
    for version in (1, 99, None):
        with pytest.raises(ValueError, match=f"version {version} is none of those"):
            PreprocessingParameters.from_card(parameters.to_card() | {"version": version})
    with pytest.raises(ValueError, match="version None is none of those"):
        PreprocessingParameters.from_card({})


def test_a_large_film_looks_like_the_same_film_made_small_first() -> None:
    large = film(2000)
    small = np.asarray(Image.fromarray(large).resize((500, 500), Image.Resampling.BOX))
    difference = to_grey_levels(large, PARAMETERS).astype(int) - to_grey_levels(small, PARAMETERS)
    assert np.abs(difference).mean() < 2

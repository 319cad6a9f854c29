"""What pages show of a film: small enough, without metadata, and bright where the film is."""

import io

import numpy as np
import pytest
from PIL import Image

from diagnosis.imaging import display
from diagnosis.imaging.phantom import KINDS, draw_phantom
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import read_raster


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_the_shown_film_has_no_metadata_of_the_original(tmp_path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Patient Ada"
    draw_phantom(seed=1).save(tmp_path / "film.jpg", exif=exif, comment=b"Patient Ada")
    film = read_raster(tmp_path / "film.jpg")
    for content in (display.display_image(film), display.thumbnail(film)):
        assert b"Ada" not in content
        assert not opened(content).getexif()


def test_sizes_are_limited_and_keep_the_shape() -> None:
    film = Radiograph(pixels=np.full((1000, 3000), 0.5, np.float32), width=3000, height=1000)
    assert opened(display.display_image(film)).size == (2048, 683)
    assert opened(display.thumbnail(film)).size == (256, 85)


def test_a_smaller_one_keeps_the_shape_and_what_is_small_stays_as_it_is() -> None:
    film = Radiograph(
        pixels=np.random.default_rng(0).random((1000, 3000), np.float32), width=3000, height=1000
    )
    whole = display.display_image(film)
    assert opened(display.smaller(whole, 1024)).size == (1024, 342)
    assert len(display.smaller(whole, 1024)) < len(whole) / 2
    assert display.smaller(whole, 2048) == whole


def test_both_pictures_are_those_that_each_alone_would_be() -> None:
    pixels = np.random.default_rng(0).random((700, 900), dtype=np.float32)
    film = Radiograph(pixels=pixels, width=900, height=700, window=(0.2, 0.7))
    assert display.both(film) == (display.display_image(film), display.thumbnail(film))


def test_a_flat_deep_film_is_stretched_for_the_eye_and_a_plain_one_is_not() -> None:
    pixels = np.tile(np.linspace(0.50, 0.55, 256, dtype=np.float32), (256, 1))
    deep = Radiograph(pixels=pixels, width=256, height=256, window=(0.5, 0.55))
    plain = Radiograph(pixels=pixels, width=256, height=256)
    assert np.ptp(np.asarray(opened(display.display_image(deep)))) > 240
    assert np.ptp(np.asarray(opened(display.display_image(plain)))) < 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_phantom_is_the_same_each_time_and_says_what_it_is(kind: str) -> None:
    one, again, other = (np.asarray(draw_phantom(seed=seed, kind=kind)) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    for rows in (one[20:72], one[-72:-20]):  # the burned-in word, top and bottom
        assert (rows[:, 300:724] == 255).mean() > 0.01


def test_an_unknown_phantom_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such phantom"):
        draw_phantom(seed=1, kind="cat")

"""Large films are halved, and one of a few pixels is none."""

import numpy as np
import pytest
from PIL import Image

from diagnosis.imaging.raster import LARGEST_SIDE
from tests.diagnosis.imaging.pictures import encoded, png, ramp
from tests.diagnosis.imaging.raster.refusals import refused


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_film_is_halved_and_keeps_its_first_size_on_record(read, kind: str) -> None:
    film = read(encoded(ramp(3001, 2401), kind))
    assert (film.width, film.height) == (3001, 2401)
    assert film.pixels.shape == (1201, 1501)
    assert max(film.pixels.shape) <= LARGEST_SIDE
    assert film.facts["reduction"] == "2"
    assert film.pixels[600, 750] == pytest.approx(0.5, abs=0.02)


def test_a_very_long_strip_stays_below_the_largest_side(read) -> None:
    film = read(encoded(ramp(64, 40_000), "JPEG"))
    assert max(film.pixels.shape) <= LARGEST_SIDE


def test_a_large_deep_film_is_halved_too(read) -> None:
    levels = np.full((70, 5000), 40_000, np.uint16)
    film = read(encoded(Image.fromarray(levels), "PNG"))
    assert film.pixels.shape[1] == 1250
    np.testing.assert_allclose(film.pixels, 40_000 / 65535, atol=1e-4)


def test_a_large_palette_film_is_averaged_in_grey_not_in_palette_numbers(read) -> None:
    image = Image.new("P", (3000, 100), 0)
    image.putpalette([0, 0, 0, 9, 9, 9, 255, 255, 255])
    image.paste(2, (0, 0, 3000, 50))
    image.paste(2, (1, 0, 2, 100))  # one column of white in the black half
    film = read(encoded(image, "PNG"))
    assert film.pixels[10, 10] == pytest.approx(1.0)
    assert film.pixels[40, 0] == pytest.approx(0.5, abs=0.01)


def test_one_pixel_is_refused(read) -> None:
    refused(read, encoded(Image.new("L", (1, 1)), "PNG"), "too_small")


def test_a_side_of_nothing_is_refused(read) -> None:
    refused(read, png(0, 500, pixels=b"\x00"), "too_small")

"""Every kind of pixel becomes the same grey."""

import numpy as np
import pytest
from PIL import Image

from tests.diagnosis.imaging.pictures import SIDE, encoded, ramp


def test_a_plain_film_keeps_its_grey_levels(read) -> None:
    film = read(encoded(ramp(), "PNG"))
    assert film.pixels.dtype == np.float32
    assert film.pixels.shape == (SIDE, SIDE)
    np.testing.assert_array_equal(np.rint(film.pixels * 255), np.asarray(ramp()))
    assert (film.width, film.height) == (SIDE, SIDE)


def test_sixteen_bits_are_scaled_not_clipped(read) -> None:
    levels = np.linspace(0, 65535, SIDE * SIDE).reshape(SIDE, SIDE).astype(np.uint16)
    film = read(encoded(Image.fromarray(levels), "PNG"))
    np.testing.assert_allclose(film.pixels, levels / 65535, atol=1e-6)
    assert film.facts["bits"] == "16"


def test_twelve_bits_in_a_sixteen_bit_file_use_the_whole_range(read) -> None:
    levels = np.linspace(0, 4095, SIDE * SIDE).reshape(SIDE, SIDE).astype(np.uint16)
    film = read(encoded(Image.fromarray(levels), "PNG"))
    np.testing.assert_allclose(film.pixels, levels / 4095, atol=1e-6)
    assert film.facts["bits"] == "12"


def test_one_bit_becomes_black_and_white(read) -> None:
    film = read(encoded(ramp().point(lambda level: 255 * (level > 127), mode="1"), "PNG"))
    assert set(np.unique(film.pixels)) == {0.0, 1.0}


@pytest.mark.parametrize("mode", ["P", "LA", "RGBA", "RGB"])
def test_other_pixel_kinds_become_the_same_grey(read, mode: str) -> None:
    film = read(encoded(ramp().convert(mode), "PNG"))
    assert film.facts["mode"] == mode
    np.testing.assert_allclose(film.pixels, np.asarray(ramp()) / 255, atol=0.01)
    assert film.facts["colourfulness"] == "0.0000"


def test_a_palette_is_looked_up_not_taken_for_grey(read) -> None:
    image = Image.new("P", (SIDE, SIDE), 1)
    image.putpalette([0, 0, 0, 255, 255, 255])
    assert read(encoded(image, "PNG")).pixels.min() == pytest.approx(1.0)


def test_what_is_transparent_is_black(read) -> None:
    image = Image.new("RGBA", (SIDE, SIDE), (255, 255, 255, 0))
    assert read(encoded(image, "PNG")).pixels.max() == 0

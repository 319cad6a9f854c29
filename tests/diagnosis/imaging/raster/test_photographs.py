"""A photograph of a film is read upright and in its true grey."""

import numpy as np
import pytest
from PIL import Image

from tests.diagnosis.imaging.pictures import SIDE, encoded, ramp


def test_a_cmyk_photograph_is_not_inverted(read) -> None:
    film = read(encoded(ramp().convert("RGB").convert("CMYK"), "JPEG", quality=95), "photo.jpg")
    assert film.facts["mode"] == "CMYK"
    np.testing.assert_allclose(film.pixels, np.asarray(ramp()) / 255, atol=0.03)


def test_a_colour_photograph_says_how_colourful_it_is(read) -> None:
    film = read(encoded(Image.new("RGB", (SIDE, SIDE), (255, 0, 0)), "PNG"))
    assert float(film.facts["colourfulness"]) == pytest.approx(1.0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_photograph_is_turned_upright(read, orientation: int) -> None:
    upright = Image.new("L", (160, 96), 0)
    upright.paste(255, (0, 0, 40, 24))  # bright where the upright film has its upper left corner
    stored_as = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright.transpose(stored_as[orientation]) if orientation in stored_as else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    film = read(encoded(stored, "JPEG", exif=exif, quality=95), "photo.jpg")
    assert (film.width, film.height) == (160, 96)
    np.testing.assert_allclose(film.pixels, np.asarray(upright) / 255, atol=0.1)


def test_broken_exif_does_not_cost_the_film(read) -> None:
    content = encoded(ramp(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xffgarbage")
    assert read(content, "photo.jpg").facts["orientation"] == "1"


def test_of_a_telephones_double_photograph_the_first_picture_is_read(read) -> None:
    content = encoded(ramp(), "MPO", save_all=True, append_images=[Image.new("L", (SIDE, SIDE))])
    np.testing.assert_allclose(read(content, "photo.jpg").pixels, np.asarray(ramp()) / 255, atol=0.03)

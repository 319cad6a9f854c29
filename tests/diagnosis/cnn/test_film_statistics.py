"""A picture's statistics follow what a machine does to it, and not what it shows nor how large it is."""

import time

import numpy as np
import pytest
from PIL import Image, ImageFilter

from diagnosis.cnn.film_statistics import NAMES, film_statistics
from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.radiograph import Radiograph


def film(picture: Image.Image, window: tuple[float, float] = (0.0, 1.0)) -> Radiograph:
    pixels = np.asarray(picture.convert("L"), dtype=np.float32) / 255
    return Radiograph(pixels, picture.width, picture.height, {}, window)


@pytest.fixture(scope="module")
def chest() -> Image.Image:
    return draw_phantom(seed=3).convert("L").resize((1024, 1024), Image.Resampling.BICUBIC)


def grainy(picture: Image.Image, levels: float) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, levels, (picture.height, picture.width))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def test_every_statistic_is_there_and_a_number(chest: Image.Image) -> None:
    found = film_statistics(film(chest))
    assert tuple(found) == NAMES
    assert all(np.isfinite(value) for value in found.values())
    assert found["megapixels"] == pytest.approx(1.048576)


def test_a_softened_film_is_less_sharp_and_as_bright(chest: Image.Image) -> None:
    plain = film_statistics(film(grainy(chest, 3)))
    soft = film_statistics(film(grainy(chest, 3).filter(ImageFilter.GaussianBlur(3))))
    assert soft["sharpness"] < 0.6 * plain["sharpness"]
    assert soft["level"] == pytest.approx(plain["level"], abs=0.01)


def test_grain_is_the_noise_of_the_picture(chest: Image.Image) -> None:
    small = chest.resize((512, 512))
    found = [film_statistics(film(grainy(small, levels)))["grain"] * 255 for levels in (4, 8)]
    assert found == pytest.approx([4, 8], rel=0.2)


def test_sharpness_is_that_at_one_size(chest: Image.Image) -> None:
    large = chest.resize((2048, 2048), Image.Resampling.BICUBIC)
    found = [film_statistics(film(picture))["sharpness"] for picture in (chest, large)]
    assert found[1] == pytest.approx(found[0], rel=0.15)


def test_brightness_and_ends_are_those_of_the_shown_range() -> None:
    ramp = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (256, 1)))
    whole, upper = film_statistics(film(ramp)), film_statistics(film(ramp, (0.5, 1.0)))
    assert whole["level"] == pytest.approx(0.5, abs=0.01)
    assert upper["black"] == pytest.approx(0.5, abs=0.02)
    assert whole["black"] == pytest.approx(0.01, abs=0.01)
    assert whole["white"] == pytest.approx(0.01, abs=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (2, 700), (700, 2), (3, 3)])
def test_the_smallest_pictures_are_measured_too(shape: tuple[int, int]) -> None:
    found = film_statistics(Radiograph(np.full(shape, 0.5, np.float32), shape[1], shape[0]))
    assert all(np.isfinite(value) for value in found.values())


def test_the_largest_film_takes_a_small_part_of_its_decoding(chest: Image.Image) -> None:
    large = film(chest.resize((2048, 2048)))
    took = []
    for _ in range(5):
        began = time.process_time()
        film_statistics(large)
        took.append(time.process_time() - began)
    assert min(took) < 0.1  # about 0.015 on a quiet machine

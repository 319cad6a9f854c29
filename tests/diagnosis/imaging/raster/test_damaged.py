"""A damaged film is refused, never shown half grey."""

import contextlib
import random

import numpy as np
import pytest

from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.refusal import FilmRefused
from tests.diagnosis.imaging.pictures import encoded, ramp
from tests.diagnosis.imaging.raster.refusals import refused


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_film_that_was_cut_off_is_refused_never_shown_half_grey(read, kind: str, share: float) -> None:
    content = encoded(draw_phantom(seed=1), kind)
    refused(read, content[: int(len(content) * share)], "truncated")


def test_a_png_with_a_wrong_pixel_byte_is_refused(read) -> None:
    content = bytearray(encoded(draw_phantom(seed=1), "PNG"))
    content[len(content) // 2] ^= 1
    refused(read, bytes(content), "damaged")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_whatever_bytes_are_changed_it_is_a_film_or_a_refusal(read, kind: str) -> None:
    dice = random.Random(20)
    whole = encoded(ramp().convert("RGB"), kind, exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00")
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(dice.choice([1, 2, 8])):
            where = dice.randrange(dice.choice([64, len(content)]))
            content[where] = dice.randrange(256)
        if dice.random() < 0.2:
            del content[dice.randrange(len(content)) :]
        with contextlib.suppress(FilmRefused):  # anything else fails the test
            film = read(bytes(content))
            assert film.pixels.ndim == 2
            assert film.pixels.dtype == np.float32
            assert 0 <= film.pixels.min() <= film.pixels.max() <= 1

"""Metadata of any size and form never refuses a film, and is never inflated."""

import zlib

import numpy as np
import pytest
from PIL import Image

from tests.diagnosis.imaging.pictures import SIDE, after_start, chunk, encoded, png, ramp, segment

ROWS = b"".join(b"\0" + bytes(np.asarray(ramp())[0]) for _ in range(SIDE))
LONG = b"x" * 3_000_000


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + LONG),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(LONG)),
        chunk(b"tEXt", b"Comment\0" + LONG),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(LONG * 20)),
        chunk(b"zTXt", b"Comment\0\0no zlib at all"),
        chunk(b"iCCP", b"profile\0\0" + zlib.compress(LONG)),
        chunk(b"eXIf", b"MM\0*" + LONG),
        chunk(b"eXIf", b"no exif"),
        chunk(b"pHYs", b"short"),
        chunk(b"tIME", b""),
        b"".join(chunk(b"tEXt", b"Comment\0" + b"y" * 3000) for _ in range(3000)),
        chunk(b"tEXt", b"Comment\0damaged")[:-1] + b"?",
    ],
    ids=["xmp", "packed xmp", "text", "bomb", "no zlib", "profile", "exif", "no exif", "short", "empty",
         "many", "checksum"],
)  # fmt: skip
@pytest.mark.parametrize("before", [True, False])
def test_a_film_is_read_whatever_its_png_says_besides(read, extra: bytes, before: bool) -> None:
    place = {"extra": extra} if before else {"after": extra}
    film = read(png(SIDE, SIDE, pixels=ROWS, **place))
    np.testing.assert_array_equal(np.rint(film.pixels * 255), np.asarray(ramp()))


@pytest.mark.parametrize(
    "segments",
    [
        [segment(0xE2, b"ICC_PROFILE\0\x01\x02" + b"x" * 60_000)],
        [segment(0xE2, b"MPF\0broken")],
        [segment(0xED, b"Photoshop 3.0\x008BIM\x04")],
        [segment(0xEE, b"Adobe\0")],
        [segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff")],
        [segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation='6'")],
        [segment(0xFE, b"y" * 65_000)] * 60,
        [segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\xff\xff")],
    ],
    ids=["half a profile", "mpf", "photoshop", "adobe", "exif", "xmp", "comments", "thumbnail"],
)
def test_a_film_is_read_whatever_its_jpeg_says_besides(read, segments: list[bytes]) -> None:
    plain = encoded(ramp(), "JPEG", quality=95)
    film = read(after_start(plain, *segments), "film.jpg")
    np.testing.assert_array_equal(film.pixels, read(plain, "film.jpg").pixels)


def test_of_two_exif_blocks_the_first_counts(read) -> None:
    blocks = []
    for orientation in (6, 3):
        exif = Image.Exif()
        exif[0x0112] = orientation
        blocks.append(segment(0xE1, b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")))
    film = read(after_start(encoded(ramp(160, 96), "JPEG"), *blocks), "film.jpg")
    assert film.facts["orientation"] == "6"
    assert film.pixels.shape == (160, 96)


def gamma(value: int) -> bytes:
    return chunk(b"gAMA", value.to_bytes(4, "big"))


@pytest.mark.parametrize(
    ("extra", "exponent"),
    [
        (gamma(45_455), 1.0),
        (gamma(47_000), 1.0),
        (gamma(100_000), 0.45455),
        (gamma(30_000), 1.515),
        (gamma(0), 1.0),
        (gamma(100_000) + chunk(b"sRGB", b"\0"), 1.0),
        (gamma(100_000) + chunk(b"iCCP", b"p\0\0broken"), 1.0),
        (gamma(100_000) + chunk(b"cICP", b"\1\x0d\0\1"), 1.0),
    ],
)
def test_a_png_is_as_bright_as_browsers_show_it(read, extra: bytes, exponent: float) -> None:
    film = read(png(SIDE, SIDE, pixels=ROWS, extra=extra))
    np.testing.assert_allclose(film.pixels, (np.asarray(ramp()) / 255) ** exponent, atol=1e-4)

"""What Pillow decodes is decoded, pixel by pixel the same; a large film is averaged as Pillow would."""

import io
import tracemalloc
from functools import cache

import numpy as np
import pytest
from PIL import Image

from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.raster import LARGEST_SIDE
from tests.diagnosis.imaging.pictures import ADAM7, PALETTE, chunk, encoded, png, ramp, sampled
from tests.diagnosis.imaging.raster.refusals import refused


@cache
def drawing(width: int, height: int) -> Image.Image:
    return draw_phantom(seed=5).resize((width, height))


@pytest.mark.parametrize("size", [(128, 128), (131, 97), (2049, 70), (2050, 1031), (4099, 67)])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P"])
def test_a_png_is_what_pillow_makes_of_it(read, mode: str, size: tuple[int, int]) -> None:
    content = encoded(drawing(*size).convert(mode), "PNG")
    picture = Image.open(io.BytesIO(content))
    factor = 2 if max(size) <= 2 * LARGEST_SIDE else 4
    plain = picture if mode in ("L", "RGB") else picture.convert("L" if mode == "1" else "RGB")
    expected = plain.reduce(factor) if max(size) > LARGEST_SIDE else plain
    np.testing.assert_array_equal(
        np.rint(read(content).pixels * 255).astype(np.uint8), np.asarray(expected.convert("L"))
    )


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("width", [64, 67])
def test_few_bits_a_pixel_fill_the_whole_range(read, depth: int, interlaced: bool, width: int) -> None:
    levels = np.random.default_rng(depth).integers(0, 1 << depth, (64, width), dtype=np.uint8)
    rows = b""
    for left, top, across, down in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        for row in levels[top::down, left::across]:
            bits = np.unpackbits(row[:, np.newaxis], axis=1)[:, -depth:]
            rows += b"\0" + np.packbits(bits).tobytes()
    film = read(png(width, 64, pixels=rows, depth=depth, interlaced=interlaced))
    np.testing.assert_allclose(film.pixels, levels / ((1 << depth) - 1), atol=1e-6)


@pytest.mark.parametrize("size", [(64, 70), (2051, 130), (4100, 66), (300, 8_199)])
def test_an_interlaced_film_is_the_film(read, size: tuple[int, int]) -> None:
    levels = np.asarray(drawing(*size), dtype=np.uint16)[..., np.newaxis] * np.uint16(257)
    plain, interlaced = (read(sampled(levels, interlaced=woven)) for woven in (False, True))
    np.testing.assert_array_equal(plain.pixels, interlaced.pixels)
    small = np.asarray(drawing(*size).reduce(int(plain.facts["reduction"]))) / 255
    np.testing.assert_allclose(plain.pixels, small, atol=0.003)


def test_a_clear_grey_or_colour_is_black(read) -> None:
    rows = b"".join(b"\0" + bytes([200, 100] * 32) for _ in range(64))
    film = read(png(64, 64, pixels=rows, extra=chunk(b"tRNS", b"\0\xc8")))
    assert (film.pixels[:, ::2] == 0).all()
    np.testing.assert_allclose(film.pixels[:, 1::2], 100 / 255, atol=1e-6)
    rows = b"".join(b"\0" + bytes([1, 2, 3, 90, 90, 90] * 31 + [1, 90, 90, 90, 2, 3]) for _ in range(64))
    film = read(png(64, 64, pixels=rows, colour=2, extra=chunk(b"tRNS", b"\0\1\0\2\0\3")))
    assert (film.pixels[:, :62:2] == 0).all()
    np.testing.assert_allclose(film.pixels[:, 1:62:2], 90 / 255, atol=1e-6)
    assert (film.pixels[:, 62:] > 0).all(), "one colour of three is not the clear one"


def test_clear_palette_entries_are_black_and_missing_ones_too(read) -> None:
    rows = b"".join(b"\0" + bytes([0, 1, 2, 9] * 16) for _ in range(64))
    table = chunk(b"PLTE", bytes([255] * 3 + [100] * 3 + [200] * 3)) + chunk(b"tRNS", b"\0\xff")
    film = read(png(64, 64, pixels=rows, colour=PALETTE, extra=table))
    np.testing.assert_allclose(film.pixels[0, :4] * 255, [0, 100, 200, 0], atol=1e-4)


def test_pixels_in_many_small_blocks_are_joined(read) -> None:
    whole = encoded(ramp(), "PNG", compress_level=0)
    start, length = whole.index(b"IDAT") + 4, int.from_bytes(whole[whole.index(b"IDAT") - 4 :][:4], "big")
    data = whole[start : start + length]
    pieces = b"".join(chunk(b"IDAT", data[at : at + 7]) for at in range(0, length, 7))
    content = whole[: start - 8] + chunk(b"IDAT", b"") + pieces + whole[start + length + 4 :]
    np.testing.assert_array_equal(np.rint(read(content).pixels * 255), np.asarray(ramp()))


def test_pixels_after_another_block_are_no_part_of_the_film(read) -> None:
    start, end, last = encoded(ramp(), "PNG", compress_level=0).partition(b"\0\0\0\0IEND")
    at = start.index(b"IDAT") + 4
    data = start[at:-4]
    pieces = chunk(b"IDAT", data[:5_000]), chunk(b"tEXt", b"k\0v"), chunk(b"IDAT", data[5_000:])
    refused(read, start[: at - 8] + b"".join(pieces) + end + last, "truncated")


def test_grain_in_colour_is_no_colour(read) -> None:
    grain = np.tile(np.array([[200, 100, 100], [100, 200, 200]], np.uint8), (512, 256, 1))
    assert float(read(encoded(Image.fromarray(grain), "PNG")).facts["colourfulness"]) < 0.01


def test_a_large_deep_film_takes_little_memory(read) -> None:
    content = sampled(np.asarray(drawing(4200, 3000), dtype=np.uint16)[..., np.newaxis] * np.uint16(257))
    tracemalloc.start()  # 25 MB of samples; as float32 twice that
    film = read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert film.facts["reduction"] == "4"
    assert peak < 30_000_000


def test_a_photograph_in_adobes_inverted_colours_is_not_inverted(read) -> None:
    film = read(encoded(ramp().convert("RGB").convert("CMYK"), "JPEG", quality=95), "photo.jpg")
    assert film.pixels[:, -8:].mean() > 0.9 > 0.1 > film.pixels[:, :8].mean()

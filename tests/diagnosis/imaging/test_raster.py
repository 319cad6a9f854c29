"""Every kind of file ends as a good film or as a refusal that says what to do."""

import contextlib
import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.imaging.header import inspect
from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import LARGEST_SIDE, read_raster
from diagnosis.imaging.refusal import FilmRefused

SIDE = 128


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(
    width: int, height: int, *, pixels: bytes, depth: int = 8, colour: int = 0, extra: bytes = b""
) -> bytes:
    """A PNG made by hand; `pixels` are its filtered rows, not yet compressed."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    image = chunk(b"IDAT", zlib.compress(pixels, 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + image + chunk(b"IEND", b"")


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def ramp(width: int = SIDE, height: int = SIDE) -> Image.Image:
    """Grey levels that rise from left to right, 0 to 255."""
    return Image.fromarray(np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1)))


@pytest.fixture
def read(tmp_path: Path):
    def _read(content: bytes, name: str = "chest film.png") -> Radiograph:
        path = tmp_path / "bytes"
        path.write_bytes(content)
        return read_raster(path, name=name)

    return _read


def refused(read, content: bytes, code: str, name: str = "chest film.png") -> FilmRefused:
    with pytest.raises(FilmRefused) as caught:
        read(content, name)
    refusal = caught.value
    assert refusal.code == code
    assert str(refusal).startswith(f"{name}: ")
    assert refusal.message, "a refusal says what is wrong"
    assert refusal.advice, "a refusal says what to do"
    return refusal


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


def test_a_forged_header_is_refused_before_a_pixel_is_decoded(read) -> None:
    refusal = refused(read, png(60_000, 60_000, pixels=b"\x00" * 100), "too_many_pixels")
    assert "60000 × 60000" in refusal.message


def test_a_real_decompression_bomb_is_refused(read) -> None:
    rows = (b"\x00" * (30_000 // 8 + 1)) * 30_000  # 110 MB of zeros in 0.5 MB
    bomb = png(30_000, 30_000, pixels=rows, depth=1)
    assert len(bomb) < 1_000_000
    refused(read, bomb, "too_many_pixels")


def test_a_bomb_in_a_text_block_is_refused(read) -> None:
    text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"0" * 200_000_000, 9))
    rows = (b"\x00" + b"\x80" * SIDE) * SIDE
    content = png(SIDE, SIDE, pixels=rows, extra=text)
    refused(read, content, "damaged")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_film_that_was_cut_off_is_refused_never_shown_half_grey(read, kind: str, share: float) -> None:
    content = encoded(draw_phantom(seed=1), kind)
    refused(read, content[: int(len(content) * share)], "truncated")


def test_a_png_with_a_wrong_pixel_byte_is_refused(read) -> None:
    content = bytearray(encoded(draw_phantom(seed=1), "PNG"))
    content[len(content) // 2] ^= 1
    refused(read, bytes(content), "damaged")


def test_an_animation_is_refused(read) -> None:
    frames = [ramp(), ramp().rotate(90)]
    content = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    refused(read, content, "animated")


def test_of_a_telephones_double_photograph_the_first_picture_is_read(read) -> None:
    content = encoded(ramp(), "MPO", save_all=True, append_images=[Image.new("L", (SIDE, SIDE))])
    np.testing.assert_allclose(read(content, "photo.jpg").pixels, np.asarray(ramp()) / 255, atol=0.03)


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


@pytest.mark.parametrize(
    ("content", "code", "word"),
    [
        (b"", "empty", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "unsupported_format", "PDF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "unsupported_format", "SVG"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>", "unsupported_format", "SVG"),
        (b"GIF89a" + b"\x00" * 40, "unsupported_format", "GIF"),
        (b"\x00" * 128 + b"DICM" + b"\x00" * 40, "unsupported_format", "DICOM"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "unsupported_format", "WebP"),
        (b"\x00\x00\x00\x18ftypheic", "unsupported_format", "HEIC"),
        (b"PK\x03\x04 a zip", "unsupported_format", "ZIP"),
        (b"Just a text.", "not_an_image", "PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n", "truncated", "PNG"),
        (b"\xff\xd8\xff\xd9", "damaged", "JPEG"),
        (b"\xff\xd8\xff" + b"\x00" * 200_000, "damaged", "JPEG"),
    ],
)
def test_what_is_no_film_is_named_for_what_it_is(read, content: bytes, code: str, word: str) -> None:
    assert word in refused(read, content, code).message


def test_a_gif_called_png_is_judged_by_its_content(read) -> None:
    refused(read, encoded(ramp(), "GIF"), "unsupported_format", name="film.png")


def test_two_sizes_in_one_file_do_not_pass_the_check_of_the_first(read) -> None:
    second = chunk(b"IHDR", struct.pack(">IIBBBBB", 8000, 9000, 8, 0, 0, 0, 0))
    content = png(SIDE, SIDE, pixels=b"\x00" * 1000, extra=second)
    refused(read, content, "damaged")


def test_the_header_is_read_without_decoding() -> None:
    header = inspect(io.BytesIO(encoded(ramp(300, 200), "JPEG")))
    assert (header.media_type, header.width, header.height) == ("image/jpeg", 300, 200)
    header = inspect(io.BytesIO(encoded(ramp(300, 200), "PNG")))
    assert (header.media_type, header.width, header.height) == ("image/png", 300, 200)


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

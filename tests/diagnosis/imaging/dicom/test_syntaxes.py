"""Films of every transfer syntax, colour and size are read, whatever the tag says, and at full depth."""

import io
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.dicom.kinds import SECONDARY
from diagnosis.imaging.dicom.picture import rendered, stored_values
from diagnosis.imaging.dicom.rule import Window
from diagnosis.imaging.raster import decode, read_raster
from diagnosis.imaging.refusal import FilmRefused
from tests.diagnosis.imaging.dicom.test_pixels import decoded, film_of, levels
from tests.dicom_films import chest, make_film

LOSSLESS = [
    syntax for syntax in syntaxes.NAMES
    if syntax not in (syntaxes.BASELINE, syntaxes.EXTENDED, syntaxes.LS_LOSSY, syntaxes.J2K)
    and not syntax.endswith((".201", ".202", ".203"))
]  # fmt: skip


# transfer syntaxes, colour, size


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("syntax", LOSSLESS, ids=syntaxes.NAMES.get)
def test_every_lossless_syntax_gives_the_same_film(syntax: str, photometric: str) -> None:
    plain = levels(photometric=photometric)
    np.testing.assert_array_equal(levels(transfer_syntax=syntax, photometric=photometric), plain)


@pytest.mark.parametrize("syntax", [syntaxes.BASELINE, syntaxes.EXTENDED, syntaxes.LS_LOSSY, syntaxes.J2K])
def test_every_lossy_syntax_gives_nearly_the_same_film(syntax: str) -> None:
    window = {"WindowCenter": 2000, "WindowWidth": 4000}
    if syntax == syntaxes.BASELINE:
        pixels = (chest() >> 4).astype(np.uint8)
        plain, lossy = levels(pixels=pixels), levels(pixels=pixels, transfer_syntax=syntax)
    else:
        plain, lossy = levels(**window), levels(transfer_syntax=syntax, **window)
    assert np.abs(plain.astype(int) - lossy).mean() < 655


@pytest.mark.parametrize(
    "syntax", [syntaxes.EXPLICIT, syntaxes.LOSSLESS, "1.2.840.10008.1.2.4.90", syntaxes.LS]
)
def test_signed_films_are_read_in_compressed_syntaxes_too(syntax: str) -> None:
    values = chest().astype(np.int16) - 2048
    window = {"WindowCenter": 0, "WindowWidth": 4096}
    np.testing.assert_array_equal(
        levels(pixels=values, transfer_syntax=syntax, **window), levels(pixels=values, **window)
    )


@pytest.mark.parametrize("syntax", [syntaxes.EXPLICIT, syntaxes.BIG_ENDIAN, syntaxes.RLE, syntaxes.LOSSLESS])
def test_colour_becomes_brightness_as_in_a_png(syntax: str, tmp_path: Path) -> None:
    grey = (chest() >> 4).astype(np.uint8)
    pixels = np.stack([grey, grey // 2, grey // 4], axis=2)
    Image.fromarray(pixels).save(tmp_path / "film.png")
    film = film_of(make_film(pixels, photometric="RGB", sop_class=SECONDARY, transfer_syntax=syntax))
    png = read_raster(tmp_path / "film.png")
    assert np.abs(film.pixels - png.pixels).max() < 1.5 / 255
    assert abs(float(film.facts["colourfulness"]) - float(png.facts["colourfulness"])) < 0.02


def test_a_palettes_numbers_become_its_colours() -> None:
    grey = (chest() >> 4).astype(np.uint8)
    entries = (np.arange(256, dtype=np.uint16)[::-1] << 8).astype("<u2").tobytes()
    tags: dict[str, Any] = {
        f"{c}PaletteColorLookupTableDescriptor": [256, 0, 16] for c in ("Red", "Green", "Blue")
    }
    tags |= {f"{c}PaletteColorLookupTableData": entries for c in ("Red", "Green", "Blue")}
    found = levels(pixels=grey, photometric="PALETTE COLOR", sop_class=SECONDARY, **tags)
    assert np.abs(found // 257 - (255 - grey.astype(int))).max() <= 1


def test_a_large_film_is_averaged_to_fit() -> None:
    film = film_of(make_film(chest(side=3000), bits=12))
    assert (film.width, film.height, film.pixels.shape) == (3000, 3000, (1500, 1500))
    assert film.facts["reduction"] == "2"


def test_a_side_that_is_not_even_is_averaged_to_its_last_pixel() -> None:
    pixels = np.arange(2051 * 70, dtype=np.uint16).reshape(2051, 70)
    film = decoded(pixels=pixels, WindowCenter=32_768, WindowWidth=65_536)
    assert film.levels.shape == (1026, 35)
    assert abs(int(film.levels[-1, -1]) - int(pixels[-1, -2:].mean())) <= 2


@pytest.mark.parametrize(("height", "width"), [(4300, 5100), (4100, 90), (8300, 400)])
@pytest.mark.parametrize("bits", [12, 16])
def test_a_film_of_any_size_is_averaged_in_whole_squares(height: int, width: int, bits: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 1 << bits, (height, width)).astype(np.uint16)
    film = decoded(pixels=pixels, bits=bits, WindowCenter=1 << bits - 1, WindowWidth=1 << bits)
    factor = int(film.facts["reduction"])
    whole = pixels[: height // factor * factor, : width // factor * factor].astype(float)
    means = whole.reshape(height // factor, factor, width // factor, factor).mean(axis=(1, 3))
    shown = film.levels[: height // factor, : width // factor] / 65_535 * ((1 << bits) - 1)
    assert film.levels.shape == (-(-height // factor), -(-width // factor))
    assert np.abs(shown - means).max() < 1


@pytest.mark.parametrize("height", [698, 930])
def test_a_coloured_capture_of_any_height_is_read(height: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, 1500, 3)).astype(np.uint8)
    film = decoded(pixels=pixels, photometric="RGB", sop_class=SECONDARY)
    assert film.height == height


# 15


def renamed(content: bytes, wrong: str, right: str) -> bytes:
    """The film with another transfer syntax in its meta header."""

    def named(syntax: str) -> bytes:
        padded = syntax.encode() + b"\0" * (len(syntax) % 2)
        return struct.pack("<HH2sH", 2, 0x10, b"UI", len(padded)) + padded

    assert named(right) in content
    return content.replace(named(right), named(wrong))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (syntaxes.BASELINE, syntaxes.LOSSLESS),
        (syntaxes.LOSSLESS, syntaxes.BASELINE),
        ("1.2.840.10008.1.2.4.90", syntaxes.LOSSLESS),
        (syntaxes.LS, syntaxes.RLE),
        (syntaxes.RLE, syntaxes.J2K),
        (syntaxes.LOSSLESS, syntaxes.EXPLICIT),
        (syntaxes.EXPLICIT, syntaxes.LOSSLESS),
        (syntaxes.BIG_ENDIAN, syntaxes.EXPLICIT),
    ],
)
def test_case_15_the_streams_own_mark_is_believed_when_the_tag_lies(right: str, wrong: str) -> None:
    pixels = (chest() >> 4).astype(np.uint8) if right == syntaxes.BASELINE else chest()
    content = make_film(pixels, bits=None if right == syntaxes.BASELINE else 12, transfer_syntax=right)
    lying = decode(io.BytesIO(renamed(content, wrong, right)), name="film.dcm")
    np.testing.assert_array_equal(lying.levels, decode(io.BytesIO(content), name="film.dcm").levels)
    if right != syntaxes.BIG_ENDIAN:
        assert lying.facts["declared_syntax"] == syntaxes.NAMES[wrong] or wrong == syntaxes.EXPLICIT


def test_case_15_a_lossy_picture_deeper_than_its_header_says_is_refused() -> None:
    content = make_film(transfer_syntax=syntaxes.J2K)
    stored = struct.pack("<HH2sHH", 0x28, 0x101, b"US", 2, 12)
    shallow = content.replace(stored, stored[:-2] + b"\x0a\0")
    high = struct.pack("<HH2sHH", 0x28, 0x102, b"US", 2, 11)
    shallow = shallow.replace(high, high[:-2] + b"\x09\0")
    with pytest.raises(FilmRefused) as caught:
        decode(io.BytesIO(shallow), name="film.dcm")
    assert (caught.value.code, "10 bits" in caught.value.message) == ("damaged", True)


@pytest.mark.parametrize(
    "syntax", [s for s in syntaxes.COMPRESSED if not s.endswith((".201", ".202", ".203"))]
)
def test_a_damaged_stream_breaks_nothing(syntax: str) -> None:
    pixels = (chest() >> 4).astype(np.uint8) if syntax == syntaxes.BASELINE else None
    content = bytearray(make_film(pixels, transfer_syntax=syntax))
    content[-len(content) // 3 :] = b"\xff\xfe" * (len(content) // 6) + b"\0" * (len(content) // 3 % 2)
    with suppress(FilmRefused):  # and no other exception: most decoders cannot tell
        assert decode(io.BytesIO(bytes(content)), name="film.dcm").levels.shape == (512, 512)


# full depth


def test_values_come_at_full_depth_with_their_window_and_polarity(tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(
        make_film(
            photometric="MONOCHROME1", RescaleSlope=2, RescaleIntercept=-100, WindowCenter=9, WindowWidth=8
        )
    )
    found = stored_values(path)
    np.testing.assert_array_equal(found.values, chest().astype(int) * 2 - 100)
    assert (found.values.dtype, found.window, found.inverted) == (np.int16, Window(9, 8, "LINEAR"), True)


def test_a_window_that_is_asked_for_takes_the_place_of_the_films_own(tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(make_film(WindowCenter=100, WindowWidth=10))
    expected = np.rint(np.clip((chest() - 1999.5) / 999 + 0.5, 0, 1) * 255)
    np.testing.assert_array_equal(rendered(path, Window(2000, 1000)), expected)


def test_a_film_in_one_piece_that_lacks_only_the_mark_of_its_end_is_read_and_a_shorter_one_is_not() -> None:
    whole = make_film(transfer_syntax=syntaxes.LOSSLESS)
    mark = b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert whole.endswith(mark)
    markless = whole.removesuffix(mark)
    np.testing.assert_array_equal(
        decode(io.BytesIO(markless), name="film.dcm").levels,
        decode(io.BytesIO(whole), name="film.dcm").levels,
    )
    with pytest.raises(FilmRefused) as caught:
        decode(io.BytesIO(markless[:-4]), name="film.dcm")
    assert caught.value.code == "truncated"

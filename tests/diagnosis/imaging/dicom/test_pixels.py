"""Stored values become what a doctor would see, by one rule."""

import io
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from diagnosis.cnn.preprocessing import PreprocessingParameters, to_network_input
from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.dicom.kinds import SECONDARY
from diagnosis.imaging.dicom.picture import rendered, stored_values
from diagnosis.imaging.dicom.rule import Window
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import DecodedFilm, decode, read_raster
from diagnosis.imaging.refusal import FilmRefused
from tests.dicom_films import chest, make_film

LOSSLESS = [
    syntax for syntax in syntaxes.NAMES
    if syntax not in (syntaxes.BASELINE, syntaxes.EXTENDED, syntaxes.LS_LOSSY, syntaxes.J2K)
    and not syntax.endswith((".201", ".202", ".203"))
]  # fmt: skip


def film_of(content: bytes) -> Radiograph:
    return decode(io.BytesIO(content), name="film.dcm").radiograph()


def decoded(**film: Any) -> DecodedFilm:
    return decode(io.BytesIO(make_film(**film)), name="film.dcm")


def levels(**film: Any) -> NDArray[np.unsignedinteger]:
    return decoded(**film).levels


def table(first: int, bits: int, entries: NDArray[Any]) -> Dataset:
    made = Dataset()
    made.LUTDescriptor, made.LUTData = [len(entries) % 65_536, first, bits], entries.astype("<u2").tobytes()
    made["LUTDescriptor"].VR, made["LUTData"].VR = "US", "OW"
    return made


# 1


@pytest.mark.parametrize("window", [{}, {"WindowCenter": 1800, "WindowWidth": 3000}])
@pytest.mark.parametrize("side", [512, 2500])
def test_case_1_a_film_of_either_polarity_gives_the_network_the_same_input(
    window: dict[str, float], side: int
) -> None:
    pixels = chest(side=side)
    one = film_of(make_film(pixels, bits=12, **window))
    if window:
        window = {"WindowCenter": 4095 - 1800 + 1, "WindowWidth": 3000}
    other = film_of(make_film(4095 - pixels, bits=12, photometric="MONOCHROME1", **window))
    hashes = {to_network_input(film.pixels, PreprocessingParameters()).sha256 for film in (one, other)}
    assert len(hashes) == 1
    assert other.facts["polarity"] == "inverted: MONOCHROME1"


def test_case_1_it_is_inverted_once_though_the_header_says_so_twice() -> None:
    pixels = chest()
    plain = levels(pixels=pixels, bits=12)
    twice = levels(pixels=4095 - pixels, bits=12, photometric="MONOCHROME1", PresentationLUTShape="INVERSE")
    by_shape = levels(pixels=4095 - pixels, bits=12, PresentationLUTShape="INVERSE")
    np.testing.assert_array_equal(plain, twice)
    np.testing.assert_array_equal(plain, by_shape)


# 2, 3


def test_case_2_inversion_comes_after_the_window() -> None:
    pixels = chest(bits=16)
    window = {"WindowCenter": 20_000, "WindowWidth": 8_000}
    plain = levels(pixels=pixels, **window)
    inverted = levels(pixels=pixels, photometric="MONOCHROME1", **window)
    np.testing.assert_array_equal(inverted, 65_535 - plain)


def test_case_3_a_negative_slope_keeps_its_sign() -> None:
    pixels = chest(bits=8).astype(np.uint16)
    found = levels(
        pixels=pixels, bits=12, RescaleSlope=-10, RescaleIntercept=3000, WindowCenter=1500, WindowWidth=3001
    )
    assert np.corrcoef(pixels.ravel(), found.ravel())[0, 1] < -0.9
    automatic = levels(pixels=chest(), bits=12, RescaleSlope=-10, RescaleIntercept=3000)
    assert np.corrcoef(chest().ravel(), automatic.ravel())[0, 1] < -0.9


# 4


def test_case_4_a_table_goes_before_windows_and_the_first_view_is_taken() -> None:
    entries = np.linspace(0, 4095, 4096) ** 2 / 4095
    film = decoded(
        VOILUTSequence=[table(0, 12, entries), table(0, 12, entries[::-1])],
        WindowCenter=[100, 2000], WindowWidth=[50, 4000],
    )  # fmt: skip
    assert film.facts["presentation"] == "table 1"
    expected = np.rint(entries.astype("<u2")[chest()] / 4095 * 65_535)
    assert np.abs(film.levels - expected).max() <= 1
    film = decoded(WindowCenter=[2000, 100], WindowWidth=[4000, 50])
    assert film.facts["presentation"] == "window 1 of 2: centre 2000, width 4000, LINEAR"
    expected = np.clip((chest() - 1999.5) / 3999 + 0.5, 0, 1) * 65_535
    assert np.abs(film.levels - expected).max() <= 1


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_case_4_the_windows_function_is_honoured(function: str) -> None:
    film = decoded(WindowCenter=2000, WindowWidth=1000, VOILUTFunction=function)
    values = chest().astype(float)
    if function == "SIGMOID":
        expected = 1 / (1 + np.exp(-4 * (values - 2000) / 1000))
    else:
        expected = np.clip((values - 2000) / 1000 + 0.5, 0, 1)
    assert function in film.facts["presentation"]
    assert np.abs(film.levels - expected * 65_535).max() <= 1


def test_case_4_a_tables_first_value_has_the_sign_of_the_pixels() -> None:
    pixels = chest().astype(np.int16) - 2048
    entries = np.arange(4096)
    film = decoded(pixels=pixels, VOILUTSequence=[table(-2048 & 0xFFFF, 12, entries)])
    assert np.abs(film.levels - chest() / 4095 * 65_535).max() <= 1


def test_the_modalitys_table_goes_before_the_window() -> None:
    entries = np.arange(4096)[::-1] * 4
    film = decoded(ModalityLUTSequence=[table(0, 16, entries)], WindowCenter=8192, WindowWidth=16_380)
    assert film.facts["modality"] == "table"
    expected = np.clip(((4095 - chest()) * 4.0 - 8191.5) / 16_379 + 0.5, 0, 1) * 65_535
    assert np.abs(film.levels - expected).max() <= 1


# 5, 6


@pytest.mark.parametrize("syntax", [syntaxes.EXPLICIT, syntaxes.LOSSLESS, syntaxes.LS])
def test_case_5_and_6_what_lies_above_the_bits_stored_is_never_seen(syntax: str) -> None:
    pixels = chest()
    overlay = np.zeros_like(pixels)
    overlay[100:140, 50:450] = 0xF000  # a name, or garbage
    window = {"WindowCenter": 2000, "WindowWidth": 4000}
    dirty = decoded(pixels=pixels | overlay, bits=12, transfer_syntax=syntax, **window)
    np.testing.assert_array_equal(dirty.levels, levels(pixels=pixels, bits=12, **window))
    assert dirty.facts["cut_off"]


def test_case_5_signed_values_get_their_sign_from_the_highest_bit_in_use() -> None:
    values = chest().astype(np.int16) - 2048
    raw = (values & 0x0FFF).astype(np.uint16) | np.uint16(0x5000)
    signed = {"PixelRepresentation": 1, "WindowCenter": 0, "WindowWidth": 4096}
    expected = levels(pixels=values, **signed)
    np.testing.assert_array_equal(levels(pixels=raw, bits=12, **signed), expected)


def test_case_5_bits_in_use_may_lie_higher_in_their_word() -> None:
    window = {"WindowCenter": 2000, "WindowWidth": 4000}
    shifted = levels(pixels=chest() << np.uint16(4) | np.uint16(9), bits=12, HighBit=15, **window)
    np.testing.assert_array_equal(shifted, levels(**window))


# 7


def framed(bright: int) -> NDArray[np.uint16]:
    pixels = (chest() // 4 + 200).astype(np.uint16)  # the film fills a quarter of its range
    pixels[:60, :200] = bright  # letters
    pixels[:, -40:] = bright
    pixels[-50:] = 0
    return pixels


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_case_7_letters_brighter_than_the_film_do_not_darken_it(photometric: str) -> None:
    pixels = framed(4095)
    inner = np.s_[120:400, 60:400]
    if photometric == "MONOCHROME1":
        pixels = 4095 - pixels
    found = levels(pixels=pixels, bits=12, photometric=photometric)
    plain = levels(pixels=(chest() // 4 + 200).astype(np.uint16), bits=12)
    assert np.ptp(found[inner].astype(int)) > 0.75 * np.ptp(plain[inner].astype(int))


def test_padding_does_not_count_for_the_automatic_window() -> None:
    pixels = (chest() // 4 + 1000).astype(np.uint16)
    alone = decoded(pixels=pixels.copy(), bits=12).facts["presentation"]
    pixels[:, :200] = 40
    padded = decoded(pixels=pixels, bits=12, PixelPaddingValue=30, PixelPaddingRangeLimit=50)
    assert padded.facts["padding"] == "30 to 50"
    centres = [
        float(text.split("centre ")[1].split(",")[0]) for text in (alone, padded.facts["presentation"])
    ]
    assert abs(centres[0] - centres[1]) < 100


def test_a_film_of_eight_bits_is_shown_as_the_same_png_is(tmp_path: Path) -> None:
    pixels = (chest() >> 4).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "film.png")
    np.testing.assert_allclose(
        film_of(make_film(pixels)).pixels, read_raster(tmp_path / "film.png").pixels, atol=1e-6
    )


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

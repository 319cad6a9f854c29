"""Stored values become what a doctor would see, by one rule."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from diagnosis.cnn.preprocessing import PreprocessingParameters, to_network_input
from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import DecodedFilm, decode, read_raster
from tests.dicom_films import chest, make_film


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


def shown(**film: Any) -> tuple[float, float]:
    """Centre and width of the window that a film gets by itself."""
    words = decoded(bits=12, **film).facts["presentation"]
    assert words.startswith("automatic: ")
    return float(words.split("centre ")[1].split(",")[0]), float(words.split("width ")[1].split(",")[0])


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    "tags",
    [
        {"WindowCenter": 30_000, "WindowWidth": 2000},
        {"WindowCenter": -3000, "WindowWidth": 400, "VOILUTFunction": "SIGMOID"},
        {"VOILUTSequence": [table(0, 12, np.zeros(4096))]},
    ],
    ids=["all black", "all white", "table of one level"],
)
def test_a_window_that_shows_nothing_of_the_film_gives_way_to_one_that_does(
    tags: dict[str, Any], photometric: str
) -> None:
    pixels = chest()
    found = decoded(pixels=pixels, bits=12, photometric=photometric, **tags)
    without = decoded(pixels=pixels, bits=12, photometric=photometric)
    np.testing.assert_array_equal(found.levels, without.levels)
    assert found.facts["presentation"] == without.facts["presentation"]
    assert found.facts["unfit"].startswith(("window 1 of 1", "table 1"))


@pytest.mark.parametrize(
    ("pixels", "window"),
    [(chest(), (1800, 3000)), (chest(), (300, 200)), (np.zeros((512, 512), np.uint16), (3000, 100))],
    ids=["usual", "narrow", "blank"],
)
def test_a_window_that_shows_some_of_the_film_is_its_own(
    pixels: NDArray[Any], window: tuple[int, int]
) -> None:
    centre, width = window
    facts = decoded(pixels=pixels, bits=12, WindowCenter=centre, WindowWidth=width).facts
    assert facts["presentation"].startswith("window 1 of 1")
    assert "unfit" not in facts


def test_padding_does_not_count_for_the_automatic_window() -> None:
    pixels = (chest() // 4 + 1000).astype(np.uint16)
    centre, width = shown(pixels=pixels)
    scattered = np.random.default_rng(0).integers(0, 900, (512, 200))  # no frame of a few levels
    pixels[:, 100:300] = scattered
    padding = {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 900}
    assert decoded(pixels=pixels, bits=12, **padding).facts["padding"] == "0 to 900"
    assert shown(pixels=pixels, **padding) == pytest.approx((centre, width), abs=150)
    assert shown(pixels=pixels)[1] > width + 300


def test_case_7_what_stands_at_the_films_edge_does_not_count_for_the_automatic_window() -> None:
    pixels = (chest() // 4 + 1000).astype(np.uint16)
    plain = shown(pixels=pixels)
    pixels[:, :25] = np.random.default_rng(0).integers(2100, 4096, (512, 25))
    assert shown(pixels=pixels) == pytest.approx(plain, abs=60)


def test_a_film_of_eight_bits_is_shown_as_the_same_png_is(tmp_path: Path) -> None:
    pixels = (chest() >> 4).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "film.png")
    np.testing.assert_allclose(
        film_of(make_film(pixels)).pixels, read_raster(tmp_path / "film.png").pixels, atol=1e-6
    )

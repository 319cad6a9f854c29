"""A film of 16 bits is read at the depth that it uses, whatever its channels, its frame and its letters."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from diagnosis.cnn.preprocessing import PreprocessingParameters, to_grey_levels
from diagnosis.imaging import display
from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.radiograph import Radiograph
from tests.diagnosis.imaging.pictures import chunk, encoded, sampled

SIZE = 320


def drawn() -> NDArray[np.uint8]:
    """A drawn film of 8 bits, all of them in use."""
    levels = np.asarray(draw_phantom(seed=3).resize((SIZE, SIZE)), dtype=np.float32)
    return ((levels - levels.min()) / np.ptp(levels) * 255).round().astype(np.uint8)


def twelve_bits() -> NDArray[np.uint16]:
    return (drawn().astype(np.uint32) * 4095 // 255).astype(np.uint16)


def framed(film: NDArray[np.uint16], where: str, level: int) -> NDArray[np.uint16]:
    film = film.copy()
    if where == "letters":
        film[10:20, 10:30:2] = level
    else:
        wide = {"thin frame": 1, "frame of a tenth": 8, "frame of a third": 28}[where]
        film[:wide], film[-wide:], film[:, :wide], film[:, -wide:] = (level,) * 4
    return film


def channels(film: NDArray[np.uint16], kind: str) -> NDArray[np.uint16]:
    opaque = np.full_like(film, 65535)
    return np.stack(
        {"L": [film], "LA": [film, opaque], "RGB": [film] * 3, "RGBA": [film] * 3 + [opaque]}[kind], 2
    )


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("kind", ["L", "LA", "RGB", "RGBA"])
def test_sixteen_bits_count_in_full_whatever_the_channels(read, kind: str, interlaced: bool) -> None:
    film = read(sampled(channels(twelve_bits(), kind), interlaced=interlaced))
    np.testing.assert_array_equal(np.rint(film.pixels * 4095), twelve_bits())
    assert film.facts["bits"] == "12"
    assert film.facts["colourfulness"] == "0.0000"


def test_half_opaque_is_half_as_bright(read) -> None:
    film = np.full((64, 64), 40_000, np.uint16)
    film[0, 0] = 65535
    opacity = np.full_like(film, 32768)
    opacity[0, 0] = 65535
    for channels_of in ([film, opacity], [film, film, film, opacity]):
        pixels = read(sampled(np.stack(channels_of, 2))).pixels * 65535
        assert pixels[0, 0] == pytest.approx(65535)
        assert pixels[1, 1] == pytest.approx(20_000, abs=2)


@pytest.mark.parametrize("level", [65535, 60_000, 20_000])
@pytest.mark.parametrize("where", ["thin frame", "frame of a tenth", "frame of a third", "letters"])
def test_a_frame_beyond_the_films_levels_changes_nothing_in_it(read, where: str, level: int) -> None:
    stored = framed(twelve_bits(), where, level)
    film = read(encoded(Image.fromarray(stored), "PNG"))
    inside = stored != level
    brightest = stored[inside].max()  # a wide frame hides the film's letters, which are its brightest
    np.testing.assert_allclose(film.pixels[inside], stored[inside] / brightest, atol=2e-3)
    assert (film.pixels[~inside] == 1).all()
    assert film.facts["bits"] == "12"


@pytest.mark.parametrize("where", ["thin frame", "frame of a third", "letters"])
def test_a_film_far_from_black_and_white_is_not_lost_between_them(read, where: str) -> None:
    stored = framed(framed(twelve_bits() + 30_000, "frame of a tenth", 0), where, 65535)
    film = read(encoded(Image.fromarray(stored), "PNG"))
    inside = stored[(stored != 65535) & (stored != 0)].astype(float) - 30_000
    seen = film.pixels[(stored != 65535) & (stored != 0)]
    np.testing.assert_allclose(seen, inside / inside.max(), atol=0.08)
    assert np.corrcoef(seen, inside)[0, 1] > 0.999


def test_a_white_background_within_the_films_levels_is_kept(read) -> None:
    stored = framed(drawn().astype(np.uint16) * 257, "frame of a third", 65535)
    film = read(encoded(Image.fromarray(stored), "PNG"))
    np.testing.assert_allclose(film.pixels, stored / 65535, atol=1e-6)


def shown(film: Radiograph) -> NDArray[np.int64]:
    return np.asarray(Image.open(io.BytesIO(display.display_image(film)))).astype(int)


@pytest.mark.parametrize("where", ["thin frame", "frame of a tenth", "letters"])
def test_the_network_sees_the_film_of_eight_bits_whatever_the_frame(read, where: str) -> None:
    plain = framed(drawn().astype(np.uint16), where, 255).astype(np.uint8)
    eight = read(encoded(Image.fromarray(plain), "PNG"))
    deep = read(encoded(Image.fromarray(framed(twelve_bits(), where, 65535)), "PNG"))
    network = [to_grey_levels(film.pixels, PreprocessingParameters()).astype(int) for film in (eight, deep)]
    assert np.abs(network[0] - network[1]).max() <= 2


@pytest.mark.parametrize("where", ["thin frame", "frame of a tenth", "letters"])
def test_the_display_shows_the_film_as_if_it_had_no_frame(read, where: str) -> None:
    plain = read(encoded(Image.fromarray(twelve_bits()), "PNG"))
    deep = read(encoded(Image.fromarray(framed(twelve_bits(), where, 65535)), "PNG"))
    inside = np.s_[20:-20, 30:-20]
    assert np.abs(shown(plain)[inside] - shown(deep)[inside]).mean() < 3


def test_display_and_network_stretch_the_same_dark_film(read) -> None:
    dark = (drawn().astype(np.uint16) * 2 + 100).astype(np.uint16)  # 100 to 610 of 4095
    film = read(encoded(Image.fromarray(framed(dark, "frame of a third", 65535)), "PNG"))
    on_screen = shown(film)[40:-40, 40:-40]
    network = to_grey_levels(film.pixels[40:-40, 40:-40], PreprocessingParameters(size=240, border=0.0))
    assert np.percentile(on_screen, 95) > 180
    assert np.percentile(on_screen, 5) < 70
    assert np.corrcoef(on_screen.ravel(), network.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("shift", [0, 4])
def test_the_files_own_word_on_its_bits_counts(read, shift: int) -> None:
    dim = twelve_bits() // 8  # 9 of 12 bits in use
    film = read(sampled((dim << shift)[..., np.newaxis], extra=chunk(b"sBIT", b"\x0c")))
    assert film.facts["bits"] == "12"
    if shift == 0:
        np.testing.assert_allclose(film.pixels, dim / 4095, atol=1e-6)


@pytest.mark.parametrize(("levels", "few"), [(256, False), (100, False), (50, True), (16, True), (4, True)])
@pytest.mark.parametrize("factor", [1, 16, 257])
def test_a_film_tells_how_many_grey_levels_it_has(read, levels: int, few: bool, factor: int) -> None:
    coarse = drawn().astype(np.uint16) * (levels - 1) // 255 * (255 // (levels - 1)) * factor
    stored = Image.fromarray(coarse if factor > 1 else coarse.astype(np.uint8))
    assert (int(read(encoded(stored, "PNG")).facts["levels"]) < 64) == few

"""DICOM films are decoded in the confined child like any other, at every depth."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.dicom.picture import rendered
from diagnosis.imaging.dicom.rule import Window
from diagnosis.imaging.raster import read_raster
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.imaging.sandbox import ConfinedDecoder, Limits, values_confined
from tests.dicom_films import chest, make_film


@pytest.fixture
def film(tmp_path: Path) -> Path:
    (tmp_path / "film.dcm").write_bytes(make_film(WindowCenter=2000, WindowWidth=3000))
    return tmp_path / "film.dcm"


@pytest.fixture
def decoder() -> Iterator[ConfinedDecoder]:
    made = ConfinedDecoder(Limits(seconds=30))
    yield made
    made.close()


@pytest.mark.parametrize(
    "syntax", [syntaxes.EXPLICIT, syntaxes.LOSSLESS, syntaxes.J2K, syntaxes.LS, syntaxes.RLE]
)
def test_the_film_is_the_one_that_is_read_without_a_child(
    decoder: ConfinedDecoder, tmp_path: Path, syntax: str
) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(make_film(transfer_syntax=syntax))
    one, other = read_raster(path), decoder.read(path)
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert (one.width, one.height, one.facts, one.window) == (
        other.width, other.height, other.facts, other.window,
    )  # fmt: skip
    assert other.facts["format"] == "dicom"


def test_a_window_and_the_values_come_out_of_the_child(decoder: ConfinedDecoder, film: Path) -> None:
    window = Window(1000, 500)
    np.testing.assert_array_equal(decoder.rendered(film, window=window), rendered(film, window))
    np.testing.assert_array_equal(decoder.rendered(film), rendered(film))
    found = values_confined(film, limits=Limits(), pixels=512 * 512)
    np.testing.assert_array_equal(found.values, chest())
    assert (found.window, found.inverted) == (Window(2000, 3000, "LINEAR"), False)


def test_a_film_of_3000_by_3000_fits_the_childs_memory(decoder: ConfinedDecoder, tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    for syntax in (syntaxes.EXPLICIT, syntaxes.LOSSLESS, syntaxes.J2K, syntaxes.LS):
        path.write_bytes(make_film(chest(side=3000), bits=12, transfer_syntax=syntax))
        assert decoder.read(path).pixels.shape == (1500, 1500)


def test_a_film_that_needs_more_memory_is_too_large_and_not_damaged(tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(make_film(chest(side=6000), bits=12, transfer_syntax=syntaxes.LOSSLESS))
    decoder = ConfinedDecoder(Limits(seconds=60, megabytes=250))
    with pytest.raises(FilmRefused) as caught:
        decoder.read(path)
    decoder.close()
    assert (caught.value.code, "250 MB" in caught.value.message) == ("too_large", True)


def test_a_film_that_is_refused_names_itself_and_the_next_one_is_read(
    decoder: ConfinedDecoder, film: Path
) -> None:
    whole = film.read_bytes()
    film.write_bytes(whole[:-5])
    with pytest.raises(FilmRefused) as caught:
        decoder.rendered(film, name="cut.dcm")
    assert (caught.value.code, caught.value.name) == ("truncated", "cut.dcm")
    film.write_bytes(whole)
    assert decoder.read(film).width == 512


def test_the_decoders_are_loaded_before_the_child_is_forked() -> None:
    told = "import sys, diagnosis.imaging.sandbox; print(all(name in sys.modules for name in sys.argv[1:]))"
    names = ["gdcm", "jpeg_ls", "openjpeg", "pydicom.charset", "pydicom.pixels.decoders"]
    done = subprocess.run([sys.executable, "-c", told, *names], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "True"

"""High-Throughput JPEG 2000: nothing in the requirements writes it, so two small streams lie beside this.

Both were made of `drawn` with imagecodecs 2026.3.6 (OpenJPH): `htj2k_encode(drawn(), reversible=True)`, and
`htj2k_encode(drawn(), level=0.0005, reversible=False)`.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.encaps import encapsulate

from diagnosis.imaging.dicom.picture import stored_values
from diagnosis.imaging.dicom.syntaxes import HTJ2K, NAMES
from diagnosis.imaging.raster import read_raster
from diagnosis.imaging.refusal import FilmRefused, Refusal
from tests.dicom_films import make_film

STREAMS = Path(__file__).parent / "htj2k"
LOSSLESS = ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"]
WINDOW = {"WindowCenter": 2048, "WindowWidth": 4096}


def drawn() -> NDArray[np.uint16]:
    """Pixels of 12 bits in which a wrong row, column or bit shows."""
    y, x = np.mgrid[:128, :128]
    return ((x * x + y * y) // 16 + (x // 16 + y // 16) % 2 * 900).astype(np.uint16)


def film(path: Path, stream: bytes, syntax: str, photometric: str = "MONOCHROME2") -> Path:
    pixels = {"PixelData": encapsulate([stream]), **WINDOW}
    path.write_bytes(make_film(drawn(), bits=12, transfer_syntax=syntax, photometric=photometric, **pixels))
    return path


@pytest.mark.parametrize("syntax", [*LOSSLESS, HTJ2K])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_lossless_film_is_its_uncompressed_twin(syntax: str, photometric: str, tmp_path: Path) -> None:
    stream = (STREAMS / "lossless.j2c").read_bytes()
    fast = film(tmp_path / "fast.dcm", stream, syntax, photometric)
    plain = tmp_path / "plain.dcm"
    plain.write_bytes(make_film(drawn(), bits=12, photometric=photometric, **WINDOW))
    assert np.array_equal(stored_values(fast).values, drawn())
    assert np.array_equal(read_raster(fast).pixels, read_raster(plain).pixels)
    assert read_raster(fast).facts["syntax"] == NAMES[syntax]


def test_a_lossy_film_is_nearly_its_uncompressed_twin(tmp_path: Path) -> None:
    path = film(tmp_path / "fast.dcm", (STREAMS / "lossy.j2c").read_bytes(), HTJ2K)
    difference = np.abs(stored_values(path).values.astype(int) - drawn())
    assert 0 < difference.max() < 64
    assert read_raster(path).facts["syntax"] == NAMES[HTJ2K]


def test_a_damaged_stream_is_refused_in_words(tmp_path: Path) -> None:
    stream = (STREAMS / "lossless.j2c").read_bytes()
    path = film(tmp_path / "fast.dcm", stream[:200], LOSSLESS[0])
    with pytest.raises(FilmRefused) as caught:
        read_raster(path)
    assert caught.value.code in (Refusal.DAMAGED, Refusal.TRUNCATED)
    assert caught.value.message

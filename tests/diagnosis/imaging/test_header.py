"""A hostile header costs the web process little."""

import io

import pytest

from diagnosis.imaging.header import MAX_JUNK, inspect
from diagnosis.imaging.refusal import FilmRefused
from tests.diagnosis.imaging.pictures import encoded, ramp


class Counted(io.BytesIO):
    """Bytes that know how often they were asked for."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


def test_a_jpeg_of_loose_bytes_is_given_up_early() -> None:
    loose = b"\x00" * 65_000 + b"\xff\xd0"  # a marker now and then, so that the search begins anew
    film = Counted(b"\xff\xd8\xff\xe0\x00\x02" + loose * 20)
    with pytest.raises(FilmRefused, match="damaged"):
        inspect(film)
    assert film.reads < 2 * MAX_JUNK


def test_the_header_is_read_without_decoding() -> None:
    header = inspect(io.BytesIO(encoded(ramp(300, 200), "JPEG")))
    assert (header.media_type, header.width, header.height) == ("image/jpeg", 300, 200)
    header = inspect(io.BytesIO(encoded(ramp(300, 200), "PNG")))
    assert (header.media_type, header.width, header.height) == ("image/png", 300, 200)

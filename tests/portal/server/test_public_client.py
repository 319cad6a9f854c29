"""The public client of the protocol tus finds a server that speaks it."""

from pathlib import Path

import pytest

from diagnosis.models import Upload
from tests.conftest import Cast
from tests.films import phantom_png
from tests.portal.server.public_client import sent
from tests.portal.server.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.png"
    path.write_bytes(phantom_png(3))
    return path


def address(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def kept(server: Server) -> bytes:
    return (server.folder / "data" / Upload.objects.get().path).read_bytes()


def test_it_sends_a_film(server: Server, cast: Cast, film: Path) -> None:
    told = sent(address(server), film, by=cast.technician)
    assert (told["how"], told["offsets"]) == ("sent", [0])
    upload = Upload.objects.get()
    assert (upload.user, upload.name, upload.finished_at is not None) == (cast.technician, "film.jpg", True)
    assert kept(server) == film.read_bytes()


def test_it_goes_on_where_it_stopped(server: Server, cast: Cast, film: Path) -> None:
    size = film.stat().st_size
    piece = size // 4
    begun = sent(address(server), film, by=cast.technician, chunkSize=piece, stopAt=2 * piece)
    assert begun["how"] == "stopped"
    told = sent(address(server), film, by=cast.technician, url=begun["url"])
    assert told["how"] == "sent"
    assert 2 * piece <= told["offsets"][0] < size
    assert kept(server) == film.read_bytes()


def test_what_it_discards_is_gone(server: Server, cast: Cast, film: Path) -> None:
    told = sent(address(server), film, by=cast.technician, chunkSize=1000, stopAt=1000, discard=True)
    assert told["how"] == "discarded"
    assert not Upload.objects.exists()

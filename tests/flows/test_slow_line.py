"""A film arrives whole over a line of 64 kbit/s that loses 5 % of the packets, and goes on when cut off."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnosis.models import Upload
from tests.conftest import Cast
from tests.films import phantom_png
from tests.flows.lossy_line import HERE, LossyLine
from tests.portal.server import serving
from tests.portal.server.public_client import sent
from tests.portal.server.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BITS_A_SECOND, LOSS = 64_000, 0.05
SECONDS = 80


@pytest.fixture
def line() -> Iterator[LossyLine]:
    if os.geteuid() != 0:
        pytest.skip("a line of one's own takes root: network namespaces and TUN devices")
    with LossyLine(bits_a_second=BITS_A_SECOND, loss=LOSS) as line:
        yield line


@pytest.fixture
def server(line: LossyLine, broker_url: str, tmp_path: Path, transactional_db: None) -> Iterator[Server]:
    hosts = f"127.0.0.1,{HERE}"
    running = serving.start(tmp_path, host=HERE, REDIS_URL=broker_url, ALLOWED_HOSTS=hosts)
    yield running
    running.end()


def test_a_film_arrives_whole(line: LossyLine, server: Server, cast: Cast, tmp_path: Path) -> None:
    film = tmp_path / "film.png"
    film.write_bytes(phantom_png(3)[:100_000].ljust(100_000, b"\0"))
    begun = time.monotonic()
    address = f"http://{HERE}:{server.port}"
    half = sent(
        address, film, by=cast.technician, inside=line.inside, seconds=SECONDS,
        chunkSize=25_000, stopAt=50_000,
    )  # fmt: skip
    assert half["how"] == "stopped"
    rest = sent(address, film, by=cast.technician, inside=line.inside, seconds=SECONDS, url=half["url"])
    taken = time.monotonic() - begun
    assert rest["how"] == "sent"
    assert rest["offsets"][0] >= 50_000
    assert (server.folder / "data" / Upload.objects.get().path).read_bytes() == film.read_bytes()
    assert sum(way.lost for way in line.ways), "the line lost packets"
    assert taken > 100_000 * 8 / BITS_A_SECOND, "nothing went past the line"

"""A disk that is full, a listener that is killed: what an X-ray machine was told is kept, is kept."""

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.small_disk import fill
from diagnosis.management.fuzzing.network import Machine
from diagnosis.management.fuzzing.seeds import Seed
from diagnosis.models import DicomSender, Scan
from diagnosis.services import storage
from tests.conftest import Cast
from tests.diagnosis.listener import listening
from tests.dicom_studies import SERIES, dicom_film

pytestmark = pytest.mark.django_db(transaction=True)

OUT_OF_RESOURCES = 0xA700
FILMS = 8


@pytest.fixture
def films(cast: Cast) -> list[Seed]:
    """Films of a machine that the clinic has registered."""
    DicomSender.objects.create(clinic=cast.clinic_a, ae_title="FUZZ", address="127.0.0.1")
    contents = [dicom_film(number, seed=number) for number in range(FILMS)]
    return [Seed(film, "dicom", sop_uid=f"{SERIES}.{number}") for number, film in enumerate(contents)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"No disk can be mounted here: {done.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_is_full_has_films_sent_again_and_keeps_no_piece(
    films: list[Seed], broker_url: str, disk: Path
) -> None:
    door = listening.start(disk / "data", REDIS_URL=broker_url, MIN_FREE_MEGABYTES="0")
    machine = Machine(door.port, "CARINA")
    try:
        fill(disk, len(films[0].content) // 2)
        answer = machine.send(films[0])
        assert answer in (OUT_OF_RESOURCES, -1)  # or the line ends, as the film came in
        deadline = time.monotonic() + 10
        while door.incoming() and time.monotonic() < deadline:
            time.sleep(0.05)  # the listener, another process, notices in its own time that a line was cut
        assert door.incoming() == [], (answer, door.log.read_text()[-1500:])
        assert not Scan.objects.exists()
        (disk / "filler").unlink()
        assert machine.send(films[0]) == 0
    finally:
        door.end()
    kept = Scan.objects.get()
    assert (disk / "data" / kept.original).read_bytes()[132:] != b""
    assert "Traceback" not in door.log.read_text()


def test_what_a_killed_listener_acknowledged_is_stored_and_the_rest_is_sent_again(
    films: list[Seed], broker_url: str, settings: object
) -> None:
    data = Path(settings.DATA_DIR)  # type: ignore[attr-defined]
    door = listening.start(data, REDIS_URL=broker_url)
    machine, told = Machine(door.port, "CARINA"), []

    def send_all() -> None:
        for film in films:
            told.append(machine.send(film))
            some.set()

    some = threading.Event()
    sender = threading.Thread(target=send_all)
    sender.start()
    assert some.wait(60)
    door.process.kill()  # in the middle of the next film
    door.process.wait()
    sender.join(120)
    acknowledged = {film.sop_uid for film, status in zip(films, told, strict=True) if status == 0}
    stored = {scan.sop_instance_uid: scan for scan in Scan.objects.all()}
    assert acknowledged
    assert acknowledged <= set(stored)
    for scan in stored.values():
        assert storage.path_of(scan.original).stat().st_size == scan.size_bytes

    door = listening.start(data, REDIS_URL=broker_url)
    with contextlib.ExitStack() as end:
        end.callback(door.end)
        assert door.incoming() == []
        assert [Machine(door.port, "CARINA").send(film) for film in films] == [0] * FILMS
    assert Scan.objects.count() == FILMS

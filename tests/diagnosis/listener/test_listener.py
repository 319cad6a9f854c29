"""X-ray machines send films by C-STORE: what is acknowledged is on record, and nothing else is."""

import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from accounts.models import AuditEvent
from diagnosis.models import DicomSender, Scan, Study
from tests.conftest import Cast
from tests.diagnosis.listener import listening
from tests.diagnosis.listener.listening import AE_TITLE, Door
from tests.dicom_films import make_film

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running(
    django_db_setup: None, broker_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    door = listening.start(tmp_path_factory.mktemp("listener") / "data", REDIS_URL=broker_url)
    yield door
    door.end()


@pytest.fixture
def door(running: Door, cast: Cast) -> Door:
    DicomSender.objects.create(clinic=cast.clinic_a, ae_title=AE_TITLE, address="127.0.0.0/8")
    return running


@pytest.fixture
def film(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A file that holds a film; see `make_film`."""

    def _film(**facts: object) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.dcm"
        path.write_bytes(make_film(**facts))  # type: ignore[arg-type]
        return path

    return _film


def test_an_echo_is_answered(door: Door) -> None:
    assert door.call("echoscu").returncode == 0


def test_a_film_is_on_record_when_it_is_acknowledged(door: Door, cast: Cast, film) -> None:  # type: ignore[no-untyped-def]
    path = film()
    assert door.send(path) == [0]
    scan = Scan.objects.get()
    assert (scan.clinic, scan.study.patient.number, scan.study.door) == (cast.clinic_a, "P-1", "dicom")
    assert (door.data / scan.original).stat().st_size == scan.size_bytes
    assert AuditEvent.objects.filter(action="scan.received", actor=f"dicom:{AE_TITLE}").exists()
    assert door.send(path) == [0]
    assert Scan.objects.count() == 1
    assert door.incoming() == []


def test_what_is_no_film_is_refused_with_its_kind_and_costs_its_neighbours_nothing(door: Door, film) -> None:  # type: ignore[no-untyped-def]
    ct = film(seed=1, sop_class="1.2.840.10008.5.1.4.1.1.2", Modality="CT")
    hand = film(seed=2, BodyPartExamined="HAND")
    assert door.send(ct, film(seed=3), hand, film(seed=4)) == [0x0122, 0, 0xA900, 0]
    assert Scan.objects.count() == 2
    assert AuditEvent.objects.filter(action="scan.refused").count() == 2


def test_other_bytes_under_a_known_identifier_are_refused(door: Door, film) -> None:  # type: ignore[no-untyped-def]
    assert door.send(film(), film(StationName="another")) == [0, 0x0111]
    assert Scan.objects.count() == 1


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"])
def test_compressed_films_come_as_they_are(door: Door, film, syntax: str) -> None:  # type: ignore[no-untyped-def]
    facts = {"bits": 8, "pixels": (listening_chest() >> 4).astype("uint8")} if syntax.endswith(".50") else {}
    assert door.send(film(transfer_syntax=syntax, **facts)) == [0]
    assert Scan.objects.get().header["transfer_syntax"] == syntax


def listening_chest():  # type: ignore[no-untyped-def]
    from tests.dicom_films import chest

    return chest()


def test_a_machine_that_no_clinic_has_registered_is_turned_away_and_on_record(door: Door, film) -> None:  # type: ignore[no-untyped-def]
    DicomSender.objects.update(address="10.0.0.0/8")
    assert 0 not in door.send(film())
    DicomSender.objects.update(address="127.0.0.1", active=False)
    assert 0 not in door.send(film())
    DicomSender.objects.update(active=True)
    assert 0 not in door.send(film(), ae_title="OTHER")
    assert not Study.objects.exists()
    assert door.send(film()) == [0]


def test_who_calls_us_by_another_name_is_turned_away(door: Door) -> None:
    assert door.call("echoscu", called="ELSEWHERE").returncode != 0


def test_an_association_that_breaks_off_leaves_nothing(door: Door, film) -> None:  # type: ignore[no-untyped-def]
    big = film(pixels=listening_large())
    sending = subprocess.Popen(
        ["storescu", "-aet", AE_TITLE, "-aec", "CARINA", "--max-send-pdu", "4096", "127.0.0.1",
        str(door.port), str(big)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not door.incoming() and sending.poll() is None and time.monotonic() < deadline:
        pass
    sending.kill()
    sending.wait()
    while door.incoming() and time.monotonic() < deadline:
        pass
    assert door.incoming() == []
    assert Scan.objects.count() in (0, 1)  # it may have been through before it was killed
    assert door.call("echoscu").returncode == 0


def listening_large():  # type: ignore[no-untyped-def]
    from tests.dicom_films import chest

    return chest(side=3000)


def test_a_caller_who_says_nothing_holds_up_nobody(door: Door) -> None:
    silent = [socket.create_connection(("127.0.0.1", door.port)) for _ in range(40)]
    try:
        assert door.call("echoscu").returncode == 0
    finally:
        for line in silent:
            line.close()


@pytest.mark.slow
def test_eight_machines_at_once_and_two_hundred_films_in_one_association(
    door: Door, film, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    from tests.dicom_films import chest

    folders = [[film(seed=100 * machine + number, pixels=chest(number % 4, side=128), patient=f"P-{machine}")
                for number in range(5)] for machine in range(8)]  # fmt: skip
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda films: door.send(*films), folders))
    assert told == [[0] * 5] * 8
    assert Scan.objects.count() == 40
    assert all((door.data / path).exists() for path in Scan.objects.values_list("original", flat=True))
    many = [
        film(seed=2000 + number, pixels=chest(number % 4, side=128), patient="P-many")
        for number in range(200)
    ]
    assert door.send(*many) == [0] * 200
    assert Scan.objects.count() == 240
    assert door.incoming() == []

"""Nobody fills the listener's memory or holds up machines, and a machine sends only as long as it may."""

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnosis.listener.bounds import MOST_UNKNOWN_FROM_ONE_ADDRESS
from diagnosis.management.fuzzing.network import Machine, whole_conversation
from diagnosis.management.fuzzing.seeds import Seed
from diagnosis.models import DicomSender, Scan
from diagnosis.services.senders import sender_at
from tests.conftest import Cast
from tests.diagnosis.listener import listening
from tests.diagnosis.listener.listening import Door
from tests.dicom_films import make_film, uid

pytestmark = pytest.mark.django_db(transaction=True)

MEGABYTE = 1024 * 1024
NOT_AUTHORISED = 0x0124


@pytest.fixture
def film() -> Seed:
    return Seed(make_film(), "dicom", sop_uid=uid("instance P-1 0"))


@pytest.fixture
def machine(cast: Cast) -> DicomSender:
    return DicomSender.objects.create(clinic=cast.clinic_a, ae_title="FUZZ", address="127.0.0.1")


@pytest.fixture
def door(machine: DicomSender, broker_url: str, tmp_path: Path) -> Iterator[Door]:
    running = listening.start(tmp_path / "data", REDIS_URL=broker_url)
    yield running
    running.end()


def memory(door: Door) -> int:
    """Bytes that the listener holds."""
    lines = Path(f"/proc/{door.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def pour(line: socket.socket, begins: bytes, part: bytes, megabytes: int) -> int:
    """How many bytes the listener took before it hung up."""
    sent = 0
    with contextlib.suppress(OSError):
        line.sendall(begins)
        while sent < megabytes * MEGABYTE:
            line.sendall(part)
            sent += len(part)
    return sent


def test_a_strangers_endless_greeting_fills_no_memory(door: Door) -> None:
    before = memory(door)
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        sent = pour(line, b"\1\0\xff\xff\xff\xff", bytes(MEGABYTE), 200)
    assert sent < 20 * MEGABYTE
    assert memory(door) - before < 50 * MEGABYTE
    assert Machine(door.port, "CARINA").answers()


def test_nor_does_a_machines_command_without_an_end(door: Door, film: Seed) -> None:
    before = memory(door)
    greeting = whole_conversation(film, "CARINA")[0]
    part = b"\4\0" + struct.pack(">IIBB", 16_006, 16_002, 1, 1) + bytes(16_000)
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        line.sendall(greeting)
        line.recv(65_536)
        sent = pour(line, b"", part, 200)
    assert sent < 20 * MEGABYTE
    assert memory(door) - before < 50 * MEGABYTE


def test_who_sends_films_without_listening_does_not_fill_the_disk(door: Door, film: Seed) -> None:
    greeting, *said = whole_conversation(film, "CARINA")[:-1]
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        line.sendall(greeting)
        line.recv(65_536)
        sent = pour(line, b"", b"".join(said), 200)
    assert sent < 60 * MEGABYTE
    deadline = time.monotonic() + 20
    while door.incoming() and time.monotonic() < deadline:
        pass
    assert door.incoming() == []


def test_strangers_at_one_address_take_only_some_of_the_places(door: Door) -> None:
    lines = [_from("127.0.0.2", door.port) for _ in range(MOST_UNKNOWN_FROM_ONE_ADDRESS + 10)]
    try:
        deadline = time.monotonic() + 15  # before those who say nothing are sent away
        while sum(map(hung_up, lines)) < 10:
            assert time.monotonic() < deadline
        assert Machine(door.port, "CARINA").answers()
    finally:
        for line in lines:
            line.close()


def hung_up(line: socket.socket) -> bool:
    line.settimeout(0.001)
    try:
        return line.recv(1) == b""
    except OSError as error:
        return not isinstance(error, TimeoutError)


def _from(address: str, port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), source_address=(address, 0))


def test_a_slow_greeting_ends(door: Door) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=40) as line:
        line.sendall(b"\1\0\0\0\1\0")
        try:
            assert line.recv(1) == b""
        except TimeoutError:
            pytest.fail("the portal still waits for the rest of the greeting")
        except OSError:
            pass  # ended, too, and rudely


@pytest.mark.parametrize("change", [{"active": False}, {"address": "10.9.9.9"}, {"ae_title": "OTHER"}])
def test_a_machine_that_may_no_longer_send_is_stopped_within_its_association(
    door: Door, machine: DicomSender, film: Seed, change: dict[str, object]
) -> None:
    with Machine(door.port, "CARINA").calling(film) as send:
        DicomSender.objects.filter(pk=machine.pk).update(**change)
        assert send() == NOT_AUTHORISED
    assert not Scan.objects.exists()
    assert door.incoming() == []


def test_a_machine_that_moved_to_another_clinic_sends_there(
    door: Door, machine: DicomSender, film: Seed, cast: Cast
) -> None:
    with Machine(door.port, "CARINA").calling(film) as send:
        DicomSender.objects.filter(pk=machine.pk).update(clinic=cast.clinic_b)
        assert send() == 0
    assert Scan.objects.get().clinic == cast.clinic_b


def test_an_ae_title_in_other_letters_is_another_machine(machine: DicomSender) -> None:
    assert sender_at(ae_title="FUZZ", address="127.0.0.1") == machine
    assert sender_at(ae_title="fuzz", address="127.0.0.1") is None

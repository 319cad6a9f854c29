"""Database or queue go away while a film comes in: it is to come again, or it is kept and analysed later."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import SettingsWrapper

from diagnosis.management.fuzzing.network import Machine
from diagnosis.management.fuzzing.seeds import Seed
from diagnosis.models import DicomSender, Patient, Scan, ScanStatus, Study
from diagnosis.services import messenger
from script import broker
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.conftest import computer as computer
from tests.diagnosis.conftest import connect as connect
from tests.diagnosis.listener import listening
from tests.dicom_films import make_film, uid
from tests.portal.outage.test_database import full as full
from tests.portal.outage.test_database import may_be_written
from tests.portal.outage.test_door import film, stored
from tests.portal.outage.test_door import own_broker as own_broker

pytestmark = pytest.mark.django_db(transaction=True)

DOORS = ["form", "REST", "STOW"]
Send = Callable[[str], Any]


@pytest.fixture
def send(cast: Cast, computer: Computer) -> Send:
    """Sends a film by a door and returns the answer."""
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.technician, backend="allauth.account.auth_backends.AuthenticationBackend")
    computer.client.raise_request_exception = False

    def by(door: str) -> Any:
        if door == "form":
            return browser.post(reverse("study_from_films"), {"dicom": dicom()})
        return computer.submit(film()) if door == "REST" else stored(computer)

    return by


def dicom() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("film.dcm", make_film())


def assert_may_come_again(answer: Any) -> None:
    assert answer.status_code == 503, answer.content
    assert int(answer.headers["Retry-After"]) > 0


def assert_nothing_was_begun() -> None:
    assert [kind.objects.count() for kind in (Patient, Study, Scan)] == [0, 0, 0]


@pytest.mark.parametrize("door", DOORS)
def test_while_nothing_can_be_written_a_film_is_to_come_again(
    send: Send, full: Callable[[], None], door: str
) -> None:
    full()
    assert_may_come_again(send(door))
    may_be_written(True)
    assert_nothing_was_begun()
    assert send(door).status_code in (200, 201, 302)
    assert Scan.objects.count() == 1


@pytest.mark.parametrize("door", DOORS)
def test_a_queue_that_goes_away_after_the_door_let_a_film_in_loses_nothing(
    send: Send,
    connect: Callable[[str], None],
    own_broker: broker.EmbeddedBroker,
    monkeypatch: pytest.MonkeyPatch,
    door: str,
) -> None:
    connect(own_broker.url)
    takes = messenger.takes_messages

    def takes_one_last() -> bool:
        takes_it = takes()
        connect("redis://127.0.0.1:1/0")
        return takes_it

    monkeypatch.setattr(messenger, "takes_messages", takes_one_last)
    assert send(door).status_code in (200, 201, 302)
    assert Scan.objects.get().status == ScanStatus.QUEUED, "the sweeper announces it later"


class Between:
    """A line to the database server that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._lines: list[socket.socket] = []
        self.open()

    def open(self, port: int = 0) -> None:
        self._door = socket.create_server(("127.0.0.1", port))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._door,), daemon=True).start()

    def cut(self) -> None:
        """End every connection and take no further one."""
        for line in (self._door, *self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._lines = []

    def _serve(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = door.accept()
                server = socket.create_connection(self._server)
                self._lines += [caller, server]
                for ends in ((caller, server), (server, caller)):
                    threading.Thread(target=_pass_on, args=ends, daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
    for line in (source, target):
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def between() -> Iterator[Between]:
    """The tests' own connection, and what else asks for its address, goes over a line that can be cut."""
    facts = connection.settings_dict
    was = facts["HOST"], facts["PORT"]
    line = Between(facts["HOST"] or "127.0.0.1", int(facts["PORT"] or 3306))
    facts["HOST"], facts["PORT"] = "127.0.0.1", line.port
    connection.close()
    yield line
    facts["HOST"], facts["PORT"] = was
    connection.close()
    line.cut()


@pytest.mark.only_on("mysql")
@pytest.mark.parametrize("door", DOORS)
def test_a_database_server_that_is_away_has_a_film_sent_again(
    send: Send, between: Between, door: str
) -> None:
    port = between.port
    between.cut()
    assert_may_come_again(send(door))
    between.open(port)
    connection.close()  # as the server does between two requests
    assert_nothing_was_begun()
    assert send(door).status_code in (200, 201, 302)
    assert Scan.objects.count() == 1


@pytest.mark.only_on("mysql")
def test_a_database_server_that_goes_away_under_an_association_has_its_film_sent_again(
    cast: Cast, between: Between, broker_url: str, settings: SettingsWrapper
) -> None:
    DicomSender.objects.create(clinic=cast.clinic_a, ae_title="FUZZ", address="127.0.0.1")
    seed = Seed(make_film(), "dicom", sop_uid=uid("instance P-1 0"))
    door = listening.start(settings.DATA_DIR, REDIS_URL=broker_url)
    port = between.port
    try:
        machine = Machine(door.port, "CARINA")
        with machine.calling(seed) as line:
            between.cut()
            assert line() == 0xA700
        between.open(port)
        connection.close()
        assert_nothing_was_begun()
        assert machine.send(seed) == 0
    finally:
        door.end()
    assert Scan.objects.count() == 1
    assert door.incoming() == []

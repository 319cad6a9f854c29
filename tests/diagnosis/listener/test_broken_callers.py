"""Callers who cannot be understood are cut off and leave nothing; what cannot be kept is to come again."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from diagnosis.management.fuzzing.network import Machine, whole_conversation
from diagnosis.management.fuzzing.seeds import Seed
from diagnosis.models import DicomSender, Scan
from tests.conftest import Cast
from tests.diagnosis.listener import listening
from tests.diagnosis.listener.listening import Door
from tests.dicom_films import make_film, uid

pytestmark = pytest.mark.django_db(transaction=True)

OUT_OF_RESOURCES = 0xA700


@pytest.fixture
def film(cast: Cast) -> Seed:
    """A film of a machine that the clinic has registered."""
    DicomSender.objects.create(clinic=cast.clinic_a, ae_title="FUZZ", address="127.0.0.1")
    return Seed(make_film(), "dicom", sop_uid=uid("instance P-1 0"))


@pytest.fixture
def door(film: Seed, broker_url: str, tmp_path: Path) -> Iterator[Door]:
    running = listening.start(tmp_path / "data", REDIS_URL=broker_url, DICOM_ASSOCIATIONS="4")
    yield running
    running.end()


def test_callers_who_cannot_be_understood_take_no_place_and_leave_no_file(door: Door, film: Seed) -> None:
    machine = Machine(door.port, "CARINA")
    greeting, command, *parts = whole_conversation(film, "CARINA")
    nameless = command.replace(b"\0\0\0\x10", b"\0\0\1\x10")  # the film's identifier under another number
    unknown = command.replace(b"\0\0\0\1\2\0\0\0\1\0", b"\0\0\0\1\2\0\0\0\x99\x99")  # a message of no kind
    assert command not in (nameless, unknown)
    for said in (nameless, unknown) * 3:  # more than may call at once
        machine.say(b"".join([greeting, said, *parts]))
    deadline = time.monotonic() + 10
    while door.incoming() and time.monotonic() < deadline:
        pass
    assert door.incoming() == []
    assert machine.answers()
    assert machine.send(film) == 0
    assert Scan.objects.count() == 1
    assert "Traceback" not in door.log.read_text()


def test_a_name_that_is_no_text_fills_no_log(door: Door, film: Seed) -> None:
    greeting, *_ = whole_conversation(film, "CARINA")
    odd = greeting.replace(b"CARINA", b"C\xfbRINA").replace(b"FUZZ", b"\xff\xfbZZ")
    before = door.log.stat().st_size
    for _ in range(5):
        Machine(door.port, "CARINA").say(odd)
    assert Machine(door.port, "CARINA").answers()
    said = door.log.read_text()[before:]
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 10, said


@pytest.mark.parametrize(
    "trouble",
    [{"MIN_FREE_MEGABYTES": "999999999"}, {"REDIS_URL": "redis://127.0.0.1:1/0"}],
    ids=["disk", "broker"],
)
def test_a_film_that_cannot_be_kept_or_analysed_is_to_be_sent_again(
    film: Seed, broker_url: str, tmp_path: Path, trouble: dict[str, str]
) -> None:
    door = listening.start(tmp_path / "data", **({"REDIS_URL": broker_url} | trouble))
    try:
        assert Machine(door.port, "CARINA").send(film) == OUT_OF_RESOURCES
    finally:
        door.end()
    assert door.incoming() == []
    assert not Scan.objects.exists()


@pytest.mark.only_on("sqlite")
def test_a_database_that_goes_away_while_a_film_comes_in_asks_for_it_again(
    film: Seed, broker_url: str, tmp_path: Path
) -> None:
    place = tmp_path / "database"
    place.mkdir()
    copy = place / "copy.sqlite3"
    connection.cursor().execute(f"VACUUM INTO '{copy}'")
    door = listening.start(tmp_path / "data", REDIS_URL=broker_url, DATABASE_URL=f"sqlite:///{copy}")
    machine = Machine(door.port, "CARINA")
    try:
        with machine.calling(film) as line:
            shutil.move(place, tmp_path / "away")
            assert line() == OUT_OF_RESOURCES
        assert machine.send(film) == -1, "nobody can say which machine calls: not now"
        shutil.rmtree(place, ignore_errors=True)
        shutil.move(tmp_path / "away", place)
        assert machine.send(film) == 0
    finally:
        door.end()
    assert door.incoming() == []

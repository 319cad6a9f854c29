"""A database that is full, read-only or cut off: what needs it waits in words, and reading goes on."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from tests.conftest import Cast
from tests.diagnosis.api.conftest import (
    Computer,
    computer,  # noqa: F401 - a fixture
)
from tests.diagnosis.api.problems import assert_problem
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def doctor(cast: Cast) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.doctor, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def make_room() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA max_page_count = {1 << 30}")
        else:
            cursor.execute("SET SESSION TRANSACTION READ WRITE")


def fill() -> None:
    """SQLite as on a full disk; MariaDB as one that only lets itself be read."""
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            return
        cursor.execute("CREATE TABLE filler (content BLOB)")
        cursor.execute("PRAGMA max_page_count = 1")  # it takes the pages that there are
        for size in (4000, 100):
            with contextlib.suppress(OperationalError):
                while True:
                    cursor.execute("INSERT INTO filler VALUES (randomblob(%s))", [size])


@pytest.fixture
def full() -> Iterator[Callable[[], None]]:
    """Lets the database hold not one byte more."""
    yield fill
    make_room()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS filler")


def until_refused(read: Callable[[], HttpResponse]) -> HttpResponse:
    """The first answer that is none: the last page of a table has room for a few looks more."""
    for _ in range(100):
        answer = read()
        if answer.status_code != 200:
            return answer
    pytest.fail("a full database took a hundred events")


def test_on_a_full_disk_the_worklist_is_read_and_what_must_be_recorded_waits_in_words(
    doctor: Client, cast: Cast, full: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    study = reverse("study_detail", args=[scan.study.public_id])
    full()
    caplog.clear()
    answer = until_refused(lambda: doctor.get(study))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "cannot use its database just now" in answer.content.decode()
    assert "OperationalError" in caplog.text
    assert "Traceback" not in caplog.text, "a full disk is not filled with what is always the same"
    answer = doctor.get(study, headers={"accept": "application/json"})
    assert "cannot use its database" in answer.json()["text"]
    assert doctor.get(reverse("worklist")).status_code == 200

    make_room()
    assert doctor.get(study).status_code == 200


def test_on_a_full_disk_the_api_says_come_back_later(
    computer: Computer,  # noqa: F811
    cast: Cast,
    full: Callable[[], None],
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    computer.client.raise_request_exception = False
    full()
    address = reverse("api_study_detail", args=[scan.study.public_id])
    answer = until_refused(lambda: computer.read(address))
    assert assert_problem(answer, 503)["type"].endswith(":unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def kill_the_connection() -> None:
    """As an administrator, or a server that restarts, cuts this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CONNECTION_ID()")
        number = cursor.fetchone()[0]

    def kill() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"KILL {number}")
        connection.close()

    killer = threading.Thread(target=kill)
    killer.start()
    killer.join(timeout=10)


def test_a_page_whose_connection_was_cut_is_fetched_again_by_itself(doctor: Client, cast: Cast) -> None:
    if connection.vendor == "sqlite":
        return  # it has no connections that could be cut
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    kill_the_connection()
    answer = doctor.get(reverse("study_detail", args=[scan.study.public_id]))
    assert answer.status_code == 200
    assert AuditEvent.objects.filter(action="study.viewed").count() == 1


def test_a_form_whose_connection_was_cut_is_not_sent_twice_but_told(doctor: Client, cast: Cast) -> None:
    if connection.vendor == "sqlite":
        return  # it has no connections that could be cut
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    kill_the_connection()
    answer = doctor.post(reverse("scan_set_aside", args=[scan.public_id]))
    connection.close()  # as the server does between two requests
    assert answer.status_code == 503
    assert "look whether your last entry is there" in answer.content.decode()

"""A database that is full, read-only or cut off: what needs it waits in words, and reading goes on."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import SettingsWrapper

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.models import Scan
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.conftest import computer as computer
from tests.diagnosis.api.problems import assert_problem
from tests.films import analysed_scan
from tests.portal.outage.test_door import stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def doctor(cast: Cast) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.doctor, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def may_be_written(yes: bool) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA query_only = {0 if yes else 1}")
        else:
            cursor.execute(f"SET SESSION TRANSACTION READ {'WRITE' if yes else 'ONLY'}")


@pytest.fixture
def full() -> Iterator[Callable[[], None]]:
    """Lets the database only be read, as one whose disk is full or that is a copy."""
    yield lambda: may_be_written(False)
    may_be_written(True)


def test_while_nothing_can_be_written_pages_are_read_and_looks_at_them_kept(
    doctor: Client, computer: Computer, cast: Cast, full: Callable[[], None], settings: SettingsWrapper
) -> None:
    settings.AUDIT_DEFER_LOOKS = True
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    identity = scan.study.public_id
    full()
    for page in (reverse("worklist"), reverse("study_detail", args=[identity])):
        assert doctor.get(page).status_code == 200, page
    assert computer.read(reverse("api_study_detail", args=[identity])).status_code == 200
    may_be_written(True)
    audit.chain_looks()
    assert AuditEvent.objects.filter(action="study.viewed").count() == 2


def test_what_must_be_written_waits_in_words_and_works_later(
    doctor: Client, cast: Cast, full: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    signed = {"prediction": scan.predictions.get().public_id, "decision": "agree"}
    address = reverse("scan_review", args=[scan.public_id])
    full()
    caplog.clear()
    answer = doctor.post(address, signed)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "cannot use its database just now" in answer.content.decode()
    assert "OperationalError" in caplog.text
    assert "Traceback" not in caplog.text, "a full disk is not filled with what is always the same"
    answer = doctor.post(address, signed, headers={"accept": "application/json"})
    assert "cannot use its database" in answer.json()["text"]

    may_be_written(True)
    assert doctor.post(address, signed).status_code == 302
    assert scan.reviews.count() == 1


def test_a_look_that_cannot_be_recorded_shows_nothing(
    doctor: Client, computer: Computer, cast: Cast, full: Callable[[], None]
) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    full()
    answer = doctor.get(reverse("study_detail", args=[study.public_id]))
    assert answer.status_code == 503
    assert study.patient.number not in answer.content.decode()
    computer.client.raise_request_exception = False
    answer = computer.read(reverse("api_study_detail", args=[study.public_id]))
    assert assert_problem(answer, 503)["type"].endswith(":unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_film_by_stow_is_to_be_sent_again_and_is_then_taken(
    computer: Computer, full: Callable[[], None]
) -> None:
    computer.client.raise_request_exception = False
    full()
    answer = stored(computer)
    assert assert_problem(answer, 503)["type"].endswith(":unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    may_be_written(True)
    assert not Scan.objects.exists()
    assert stored(computer).status_code == 200
    assert Scan.objects.count() == 1


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

"""The probes say whether the portal works, and if not, why."""

import os
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from diagnosis.models import ModelVersion
from portal import health
from portal.celery import app, note_worker_alive

LAST_MIGRATION = MigrationLoader(None).graph.leaf_nodes("diagnosis")[0][1]


@pytest.fixture
def whole(db: None, broker_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal with everything that it needs."""
    monkeypatch.setattr(app.conf, "broker_url", broker_url)
    monkeypatch.setattr(health, "FREE_DISK_NEEDED", 1)
    ModelVersion.objects.create(name="net", version="1", bundle="x", checksum="0" * 64, card={}, active=True)
    note_worker_alive()


def state(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    body = answer.json()
    assert body["ready"] == (answer.status_code == 200)
    return answer.status_code, {name: words for name, words in body["checks"].items() if words != "ok"}


def test_the_process_answers_without_database_and_without_https(
    client: Client, settings: SettingsWrapper
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/healthz", headers={"host": "127.0.0.1"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


def test_probes_take_no_writes(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405


def test_ready_when_every_part_is_there(client: Client, whole: None) -> None:
    assert state(client) == (200, {})


def test_not_ready_without_a_worker(client: Client, whole: None) -> None:
    cache.clear()
    status, reasons = state(client)
    assert status == 503
    assert reasons == {"worker": "no worker has been heard from for 60 seconds: films wait"}


def test_not_ready_without_an_active_model(client: Client, whole: None) -> None:
    ModelVersion.objects.update(active=None)
    status, reasons = state(client)
    assert status == 503
    assert list(reasons) == ["model"]


def test_not_ready_without_a_broker(client: Client, whole: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    status, reasons = state(client)
    assert status == 503
    assert list(reasons) == ["broker"]


def test_not_ready_when_the_disk_is_nearly_full(
    client: Client, whole: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "FREE_DISK_NEEDED", 1 << 60)
    status, reasons = state(client)
    assert status == 503
    # The limit, which is no secret; how much there is, is the machine's own business.
    limit = f"{(1 << 60) / health.GIB:g}"
    assert reasons["disk"] == f"less than {limit} GB free under DATA_DIR: make room before films are refused"


def test_a_check_that_breaks_is_a_reason_and_no_error_page(
    client: Client, whole: None, settings: SettingsWrapper
) -> None:
    settings.DATA_DIR = Path("/nowhere")
    status, reasons = state(client)
    assert status == 503
    assert list(reasons) == ["disk"]


def test_not_ready_without_a_database(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    # the test runner refuses this test the database, as a server that is down would
    status, reasons = state(client)
    assert status == 503
    assert reasons["database"] == "does not answer: the portal's log says why"
    assert "the check of the database failed" in caplog.text


def test_not_ready_while_migrations_are_missing(client: Client, whole: None) -> None:
    MigrationRecorder(connection).record_unapplied("diagnosis", LAST_MIGRATION)
    status, reasons = state(client)
    assert status == 503
    assert reasons == {"database": "migrations are missing: run manage.py migrate"}


def test_not_ready_when_the_data_folder_cannot_be_written(
    client: Client, whole: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # root may write everywhere, so the answer of the operating system is given here
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    status, reasons = state(client)
    assert status == 503
    assert list(reasons) == ["disk"]
    assert "cannot be written" in reasons["disk"]


def test_not_ready_while_no_film_is_taken_for_want_of_room(
    client: Client, whole: None, settings: SettingsWrapper
) -> None:
    settings.MIN_FREE_BYTES = 1 << 60
    status, reasons = state(client)
    assert status == 503
    assert reasons == {"disk": "DATA_DIR takes no files: no film is taken until there is room"}


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "evil.example", "[::1", ""])
def test_probes_answer_under_any_host(
    client: Client, whole: None, settings: SettingsWrapper, caplog: pytest.LogCaptureFixture, host: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["carina.example.org"]
    for address in ("/healthz", "/readyz"):
        assert client.get(address, headers={"host": host}).status_code == 200
    assert client.get("/accounts/login/", headers={"host": host}).status_code == 400
    assert "Invalid HTTP_HOST" not in "".join(line for line in caplog.messages if "healthz" in line)


def test_the_code_s_migrations_are_read_once_and_a_database_that_falls_behind_is_noticed(
    client: Client, whole: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state(client) == (200, {})
    read: list[object] = []
    build = MigrationLoader.build_graph
    monkeypatch.setattr(MigrationLoader, "build_graph", lambda self: (read.append(self), build(self)))
    assert state(client) == (200, {})
    assert not read
    MigrationRecorder(connection).record_unapplied("diagnosis", LAST_MIGRATION)
    assert "migrations are missing" in state(client)[1]["database"]
    MigrationRecorder(connection).record_applied("diagnosis", LAST_MIGRATION)
    assert state(client) == (200, {})

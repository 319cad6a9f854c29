"""The sweeper on a real broker: what was lost is sent again, what waits for its turn is left alone."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent
from diagnosis import tasks
from diagnosis.models import Scan, ScanStatus, StudyState
from diagnosis.services import lifecycle, messenger, sweeper
from portal.celery import app
from script import broker
from tests.conftest import Cast
from tests.films import queued_scan

LONG_AGO = timedelta(hours=1)


@pytest.fixture(scope="module")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    embedded = broker.prepare(tmp_path_factory.mktemp("broker"))
    process = embedded.start()
    yield embedded.url
    process.terminate()
    process.wait(timeout=10)


def speak_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Celery speak to this broker; it keeps its connections in pools, which are made anew."""
    monkeypatch.setattr(app.conf, "broker_url", url)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app, "_pool", None)


@pytest.fixture
def queue(broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    speak_to(broker_url, monkeypatch)
    link = redis.Redis.from_url(broker_url)
    link.flushall()
    yield link
    link.close()


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    speak_to("redis://127.0.0.1:1/0", monkeypatch)


def waiting_since(scan: Scan, ago: timedelta) -> Scan:
    scan.enqueued_at = timezone.now() - ago
    scan.save()
    return scan


def taken(scan: Scan, ago: timedelta, attempts: int = 1) -> Scan:
    """The scan as a worker claimed it some time ago."""
    scan.status, scan.attempts, scan.claimed_at = ScanStatus.ANALYSING, attempts, timezone.now() - ago
    scan.save()
    return scan


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return queued_scan(cast.clinic_a, cast.doctor)


def dead() -> timedelta:
    return timedelta(seconds=settings.ANALYSIS_HARD_SECONDS + 3)


def test_a_message_holds_the_scans_number_and_nothing_else(queue: redis.Redis, scan: Scan) -> None:
    messenger.announce(scan.pk)
    (message,) = queue.lrange("analysis", 0, -1)
    assert messenger.waiting() == 1
    assert tasks.analyse_scan.name.encode() in message
    assert scan.original_name.encode() not in message


def test_a_scan_whose_message_was_lost_is_sent_again_once(queue: redis.Redis, scan: Scan) -> None:
    waiting_since(scan, LONG_AGO)
    tasks.sweep()
    tasks.sweep()
    assert queue.llen("analysis") == 1
    scan.refresh_from_db()
    assert scan.enqueued_at > timezone.now() - timedelta(minutes=1)
    event = AuditEvent.objects.get()
    assert (event.action, event.facts["why"]) == ("scan.requeued", "message lost")


def test_a_scan_that_came_just_now_is_left_alone(queue: redis.Redis, scan: Scan) -> None:
    tasks.sweep()
    assert queue.llen("analysis") == 0


def test_a_long_queue_that_waits_for_its_turn_is_not_doubled(queue: redis.Redis, cast: Cast) -> None:
    for seed in range(5):
        scan = waiting_since(queued_scan(cast.clinic_a, cast.doctor, seed=seed), LONG_AGO)
        messenger.announce(scan.pk)
    for _ in range(3):
        tasks.sweep()
    assert queue.llen("analysis") == 5


def test_a_scan_that_later_ones_overtook_is_sent_again_from_the_middle_of_a_queue(
    queue: redis.Redis, cast: Cast
) -> None:
    lost, patient, later = (queued_scan(cast.clinic_a, cast.doctor, seed=seed) for seed in range(3))
    waiting_since(lost, LONG_AGO)
    waiting_since(later, LONG_AGO / 2)
    waiting_since(patient, LONG_AGO / 4)
    taken(later, timedelta(seconds=1))
    messenger.announce(patient.pk)
    tasks.sweep()
    assert queue.llen("analysis") == 2
    assert AuditEvent.objects.get().subject == f"scan:{lost.public_id}"


def test_a_scan_whose_worker_died_is_sent_again(queue: redis.Redis, scan: Scan) -> None:
    taken(scan, dead())
    tasks.sweep()
    scan.refresh_from_db()
    assert (scan.status, scan.attempts, scan.claimed_at) == (ScanStatus.QUEUED, 1, None)
    assert queue.llen("analysis") == 1


def test_a_scan_that_is_being_looked_at_is_left_alone(queue: redis.Redis, scan: Scan) -> None:
    taken(scan, timedelta(seconds=settings.ANALYSIS_HARD_SECONDS))
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.ANALYSING
    assert queue.llen("analysis") == 0


def test_a_film_that_kills_every_worker_is_given_up_in_words(
    queue: redis.Redis, scan: Scan, settings: SettingsWrapper
) -> None:
    settings.ANALYSIS_MAX_ATTEMPTS = 3
    taken(scan, dead(), attempts=2)
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED
    taken(scan, dead(), attempts=3)
    tasks.sweep()
    scan.refresh_from_db()
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, lifecycle.GAVE_UP)
    assert "stopped 3 times" in scan.reason
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.PROBLEM
    assert queue.llen("analysis") == 1


def test_without_a_broker_a_sweep_loses_nothing(no_broker: None, scan: Scan, cast: Cast) -> None:
    waiting_since(scan, LONG_AGO)
    stopped = taken(queued_scan(cast.clinic_a, cast.doctor, seed=1), dead())
    tasks.sweep()
    scan.refresh_from_db()
    stopped.refresh_from_db()
    assert {scan.status, stopped.status} == {ScanStatus.QUEUED}


def test_a_film_that_comes_in_without_a_broker_waits(
    no_broker: None, scan: Scan, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture without types
        messenger.announce_on_commit([scan.pk])
    with pytest.raises(messenger.BrokerDown):
        messenger.waiting()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("worker_died", [True, False])
def test_several_sweeps_at_once_send_each_scan_once(
    queue: redis.Redis, cast: Cast, worker_died: bool
) -> None:
    for seed in range(8):
        scan = waiting_since(queued_scan(cast.clinic_a, cast.doctor, seed=seed), LONG_AGO)
        if worker_died:
            taken(scan, dead())
    start, errors = threading.Barrier(3), []

    def sweep() -> None:
        try:
            start.wait(timeout=10)
            sweeper.sweep()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert len(set(queue.lrange("analysis", 0, -1))) == queue.llen("analysis") == 8
    assert AuditEvent.objects.filter(action="scan.requeued").count() == 8

"""A scan whose worker died is put back, and given up after too many attempts."""

from datetime import timedelta

import redis
from django.conf import settings
from pytest_django.fixtures import SettingsWrapper

from diagnosis import tasks
from diagnosis.models import Scan, ScanStatus, StudyState
from diagnosis.services import lifecycle
from tests.conftest import Cast
from tests.diagnosis.services.sweeper.claimed import LONG_AGO, dead, taken, waiting_since
from tests.films import queued_scan


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

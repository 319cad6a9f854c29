"""A film whose worker hung until the time limit killed it is failed at once; one whose worker died is not."""

import os
import signal
import time

import pytest
import redis
from pytest_django.fixtures import SettingsWrapper

from diagnosis import tasks
from diagnosis.models import Scan, ScanStatus, StudyState
from diagnosis.services import overtime, storage
from tests.diagnosis.imaging.sandbox.conftest import hang
from tests.diagnosis.services.record import actions
from tests.diagnosis.services.sweeper.claimed import dead, taken


def killed_while_it_hangs(scan: Scan, *, late: bool) -> None:
    """A process hangs at a scan, holding the interpreter, and is killed before or after its time is up."""
    worker = os.fork()
    if worker == 0:
        try:
            with overtime.noted(scan):
                hang()
        finally:
            os._exit(1)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = list(storage.path_of(str(storage.pictures_folder(scan))).glob("*attempt*"))
        if found and (found[0].stat().st_size > 0 or not late):
            break
        time.sleep(0.02)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)


@pytest.fixture(autouse=True)
def short(settings: SettingsWrapper) -> None:
    settings.ANALYSIS_HARD_SECONDS = 3


def test_a_film_that_hangs_a_worker_is_failed_after_one_attempt(
    queue: redis.Redis, scan: Scan, caplog: pytest.LogCaptureFixture
) -> None:
    taken(scan, dead())
    killed_while_it_hangs(scan, late=True)
    tasks.sweep()
    scan.refresh_from_db()
    assert (scan.status, scan.reason_code, scan.attempts) == (ScanStatus.FAILED, "too_slow", 1)
    assert "longer than 3 seconds" in scan.reason
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.PROBLEM
    assert actions()[-1] == "scan.failed"
    assert queue.llen("analysis") == 0
    assert "in hang" in caplog.text, "whoever runs the portal sees where it hung"


def test_a_film_whose_worker_is_killed_before_its_time_is_tried_again(
    queue: redis.Redis, scan: Scan, settings: SettingsWrapper
) -> None:
    settings.ANALYSIS_HARD_SECONDS = 60
    taken(scan, dead())
    killed_while_it_hangs(scan, late=False)
    tasks.sweep()
    scan.refresh_from_db()
    assert (scan.status, scan.attempts) == (ScanStatus.QUEUED, 1)
    assert queue.llen("analysis") == 1


def test_a_hung_attempt_says_nothing_about_the_next_one(queue: redis.Redis, scan: Scan) -> None:
    taken(scan, dead())
    killed_while_it_hangs(scan, late=True)
    taken(scan, dead(), attempts=2)
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED


def test_an_attempt_that_ends_in_time_leaves_no_note(scan: Scan) -> None:
    with overtime.noted(scan):
        assert list(storage.path_of(str(storage.pictures_folder(scan))).iterdir())
    assert not list(storage.path_of(str(storage.pictures_folder(scan))).iterdir())
    assert not overtime.ran_out(scan)

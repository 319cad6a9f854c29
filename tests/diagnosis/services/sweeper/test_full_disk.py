"""Films wait while the disk takes nothing, and go on by themselves when there is room."""

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent
from diagnosis import tasks
from diagnosis.models import Scan, ScanStatus
from diagnosis.services import faults, lifecycle, storage
from tests.conftest import Cast
from tests.diagnosis.services.sweeper.claimed import dead, taken


@pytest.fixture
def full(settings: SettingsWrapper) -> None:
    """As if the disk had less than is kept free: no disk has a million terabytes."""
    settings.MIN_FREE_BYTES = 1 << 60


def failed(scan: Scan, error: OSError, ago: timedelta = timedelta(minutes=1)) -> Scan:
    held = lifecycle.claim(scan_id=scan.pk)
    fault = faults.explain(error, TimeoutError)
    assert held is not None
    assert fault is not None
    lifecycle.end(held, fault)
    scan.refresh_from_db()
    assert scan.finished_at is not None
    scan.received_at, scan.finished_at = scan.finished_at - ago, scan.finished_at - ago
    scan.save()
    return scan


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_film_that_the_disk_did_not_take_is_tried_again_by_itself(
    queue: redis.Redis, scan: Scan, number: int, settings: SettingsWrapper
) -> None:
    failed(scan, OSError(number, os.strerror(number)))
    assert "tried again by itself" in scan.reason
    room, settings.MIN_FREE_BYTES = settings.MIN_FREE_BYTES, 1 << 60
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.FAILED, "not before there is room"

    settings.MIN_FREE_BYTES = room
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED
    event = AuditEvent.objects.get(action="scan.retried")
    assert event.actor == "sweeper"


def test_other_failures_wait_for_a_person(queue: redis.Redis, scan: Scan) -> None:
    failed(scan, OSError(errno.EIO, "Input/output error"))
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.FAILED


def test_a_film_that_was_set_aside_stays_aside(queue: redis.Redis, scan: Scan, cast: Cast) -> None:
    failed(scan, OSError(errno.ENOSPC, "full"))
    lifecycle.set_aside(scan=scan, actor=cast.doctor)
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.FAILED


def test_one_that_fails_again_and_again_is_tried_ever_more_seldom(queue: redis.Redis, scan: Scan) -> None:
    failed(scan, OSError(errno.ENOSPC, "full"))
    scan.received_at = timezone.now() - timedelta(hours=8)  # a minute after its last try
    scan.save()
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.FAILED


def test_a_worker_takes_no_film_that_it_could_not_finish(full: None, scan: Scan) -> None:
    tasks.analyse_next()
    scan.refresh_from_db()
    assert (scan.status, scan.attempts) == (ScanStatus.QUEUED, 0)


def test_nothing_is_moved_while_there_is_no_room(queue: redis.Redis, full: None, scan: Scan) -> None:
    taken(scan, dead(), attempts=4)
    tasks.sweep()
    scan.refresh_from_db()
    assert (scan.status, scan.attempts) == (ScanStatus.ANALYSING, 4), "its tries are not used up meanwhile"
    assert not AuditEvent.objects.exists()


def test_the_reserve_is_kept_beside_what_is_coming_in(settings: SettingsWrapper) -> None:
    settings.MIN_FREE_BYTES = 0
    assert storage.has_room()
    assert storage.has_room_to_work()
    assert not storage.has_room(1 << 60)


@pytest.mark.parametrize("folder", ["/proc", "/nowhere", "/dev/null"])
def test_a_folder_that_takes_no_file_has_no_room(settings: SettingsWrapper, folder: str) -> None:
    settings.MIN_FREE_BYTES = 0
    settings.DATA_DIR = Path(folder)
    assert not storage.has_room()
    assert not storage.has_room_to_work()


def test_asking_leaves_nothing_behind(settings: SettingsWrapper) -> None:
    assert storage.has_room()
    assert list(Path(settings.DATA_DIR).iterdir()) == []

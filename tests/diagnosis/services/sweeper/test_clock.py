"""A clock that is set forward and back keeps no film from being found."""

from datetime import timedelta

import pytest
import redis

from diagnosis import tasks
from diagnosis.models import Scan, ScanStatus
from tests.diagnosis.services.sweeper.claimed import LONG_AGO, taken, waiting_since

DAY = timedelta(days=1)


@pytest.mark.parametrize("ago", [-DAY, -LONG_AGO])
def test_a_scan_claimed_while_the_clock_was_ahead_is_found_when_its_worker_died(
    queue: redis.Redis, scan: Scan, ago: timedelta
) -> None:
    taken(scan, ago)
    tasks.sweep()
    scan.refresh_from_db()
    assert (scan.status, scan.claimed_at) == (ScanStatus.QUEUED, None)
    assert queue.llen("analysis") == 1


def test_a_scan_claimed_by_a_machine_whose_clock_is_a_little_ahead_is_left_alone(
    queue: redis.Redis, scan: Scan
) -> None:
    taken(scan, -timedelta(seconds=20))
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.ANALYSING


def test_a_scan_that_is_analysed_since_nobody_knows_when_is_found(queue: redis.Redis, scan: Scan) -> None:
    taken(scan, LONG_AGO)
    Scan.objects.update(claimed_at=None)
    tasks.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED
    assert queue.llen("analysis") == 1


def test_a_scan_queued_while_the_clock_was_ahead_is_sent_again(queue: redis.Redis, scan: Scan) -> None:
    waiting_since(scan, -DAY)
    tasks.sweep()
    assert queue.llen("analysis") == 1

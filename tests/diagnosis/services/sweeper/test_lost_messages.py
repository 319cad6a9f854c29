"""Messages that were lost are sent again, and no more of them than films wait."""

from datetime import timedelta

import redis
from django.utils import timezone

from diagnosis import tasks
from diagnosis.models import Scan
from diagnosis.services import messenger
from tests.conftest import Cast
from tests.diagnosis.services.sweeper.claimed import LONG_AGO, waiting_since
from tests.films import queued_scan


def test_a_message_that_was_lost_is_sent_again_once_and_the_scan_keeps_its_place(
    queue: redis.Redis, scan: Scan
) -> None:
    waiting_since(scan, LONG_AGO)
    tasks.sweep()
    tasks.sweep()
    assert queue.llen("analysis") == 1
    scan.refresh_from_db()
    assert scan.enqueued_at < timezone.now() - LONG_AGO / 2


def test_a_scan_that_came_just_now_is_left_alone(queue: redis.Redis, scan: Scan) -> None:
    tasks.sweep()
    assert queue.llen("analysis") == 0


def test_a_scan_queued_while_the_clock_was_a_day_ahead_is_announced(queue: redis.Redis, scan: Scan) -> None:
    waiting_since(scan, -timedelta(days=1))
    tasks.sweep()
    assert queue.llen("analysis") == 1


def test_a_long_queue_that_waits_for_its_turn_is_not_doubled(queue: redis.Redis, cast: Cast) -> None:
    for seed in range(5):
        waiting_since(queued_scan(cast.clinic_a, cast.doctor, seed=seed), LONG_AGO)
        messenger.announce()
    for _ in range(3):
        tasks.sweep()
    assert queue.llen("analysis") == 5


def test_of_a_long_queue_only_what_was_lost_is_sent_again(queue: redis.Redis, cast: Cast) -> None:
    for seed in range(5):
        waiting_since(queued_scan(cast.clinic_a, cast.doctor, seed=seed), LONG_AGO)
    messenger.announce()
    messenger.announce()
    tasks.sweep()
    assert queue.llen("analysis") == 5

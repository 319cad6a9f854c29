"""What was lost is sent again, what waits for its turn is left alone."""

from datetime import timedelta

import redis
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis import tasks
from diagnosis.models import Scan
from diagnosis.services import messenger
from tests.conftest import Cast
from tests.diagnosis.services.sweeper.claimed import LONG_AGO, taken, waiting_since
from tests.films import queued_scan


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

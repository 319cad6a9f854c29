"""Several sweeps at the same time put each scan back once."""

import threading

import pytest
import redis
from django.db import connection

from accounts.models import AuditEvent
from diagnosis.services import sweeper
from tests.conftest import Cast
from tests.diagnosis.services.sweeper.claimed import LONG_AGO, dead, taken, waiting_since
from tests.films import queued_scan


@pytest.mark.django_db(transaction=True)
def test_several_sweeps_at_once_put_each_scan_of_a_dead_worker_back_once(
    queue: redis.Redis, cast: Cast
) -> None:
    for seed in range(8):
        scan = waiting_since(queued_scan(cast.clinic_a, cast.doctor, seed=seed), LONG_AGO)
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
    assert queue.llen("analysis") == 8
    assert AuditEvent.objects.filter(action="scan.requeued").count() == 8

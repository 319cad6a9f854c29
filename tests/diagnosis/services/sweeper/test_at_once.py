"""Several sweeps at the same time send each scan once."""

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

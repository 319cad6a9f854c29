"""Only a worker that analyses films counts as one: a living courier must not hide a dead worker."""

from types import SimpleNamespace

import pytest
from django.core.cache import cache

from diagnosis.services.heartbeat import WORKER_SEEN_KEY
from portal.celery import note_worker_alive


@pytest.mark.parametrize(
    "sender",
    [
        SimpleNamespace(hostname="courier@machine"),
        SimpleNamespace(eventer=SimpleNamespace(hostname="courier@machine")),
    ],
)
def test_a_courier_is_no_worker(sender: object) -> None:
    note_worker_alive(sender=sender)
    assert cache.get(WORKER_SEEN_KEY) is None


@pytest.mark.parametrize("sender", [None, SimpleNamespace(hostname="celery@machine")])
def test_a_worker_is_one(sender: object) -> None:
    note_worker_alive(sender=sender)
    assert cache.get(WORKER_SEEN_KEY)

"""The Celery application: queues, heartbeat and nothing else; tasks live in diagnosis.tasks."""

import os
import time
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, worker_init, worker_ready

from diagnosis.services.heartbeat import WORKER_SEEN_KEY, WORKER_SEEN_SECONDS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("carina")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def one_thread_a_process(**_: Any) -> None:
    """Limit numpy to one thread before it is imported: there are as many processes as cores."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@worker_ready.connect
@heartbeat_sent.connect
def note_worker_alive(sender: Any = None, **_: Any) -> None:
    """Write the timestamp that /readyz reads; a courier analyses nothing and does not count.

    The worker's main process writes it, so that a long queue does not make a healthy worker look dead. Nor
    does the one count that shows films to a candidate.
    """
    from django.core.cache import cache

    name = getattr(sender, "hostname", "") or getattr(getattr(sender, "eventer", None), "hostname", "")
    if str(name).startswith(("courier@", "shadow@")):
        return
    cache.set(WORKER_SEEN_KEY, time.time(), timeout=WORKER_SEEN_SECONDS)

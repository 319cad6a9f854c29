"""Whether this process answers (/healthz) and whether the portal as a whole can work (/readyz)."""

import logging
import os
import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from diagnosis.services.heartbeat import WORKER_SEEN_SECONDS, is_worker_alive

logger = logging.getLogger(__name__)

GIB = 1024**3
FREE_DISK_NEEDED = 2 * settings.MIN_FREE_BYTES  # early enough to make room before films are refused

_needed: frozenset[tuple[str, str]] = frozenset()
"""The migrations of this process's code, once a database was found that has them all."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as soon as this process answers; it checks nothing else, so that it is not restarted in vain."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when films can be received and analysed, else 503 with the reasons in words.

    Public: it holds no patient data, and nothing about the machine that a stranger could use.
    """
    checks = {name: _state(name, check) for name, check in CHECKS.items()}
    ready = all(state == "ok" for state in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _state(name: str, check: Callable[[], str | None]) -> str:
    try:
        return check() or "ok"
    except Exception as error:  # a failed check is part of the answer, never a 500
        logger.warning("the check of the %s failed: %r", name, error)
        return "does not answer: the portal's log says why"


def _database() -> str | None:
    # The code's migrations stay the same while this process lives; those of the database may be taken back.
    global _needed
    if _needed and _needed <= MigrationRecorder(connection).applied_migrations().keys():
        return None
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "migrations are missing: run manage.py migrate"
    _needed = frozenset(executor.loader.graph.nodes)
    return None


def _broker() -> str | None:
    from diagnosis.services import messenger

    if messenger.takes_messages():
        return None
    return "no broker takes messages at REDIS_URL: no film is taken, and those on record wait"


def _worker() -> str | None:
    if not is_worker_alive():
        return f"no worker has been heard from for {WORKER_SEEN_SECONDS} seconds: films wait"
    return None


def _model() -> str | None:
    from diagnosis.models import ModelVersion

    if not ModelVersion.objects.filter(active=True).exists():
        return "no model is active: run manage.py register_model and promote_model"
    return None


def _disk() -> str | None:
    from diagnosis.services import storage

    if not os.access(settings.DATA_DIR, os.W_OK):
        return "DATA_DIR cannot be written: make it writable for the user that runs the portal"
    if not storage.has_room():
        return "DATA_DIR takes no files: no film is taken until there is room"
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < FREE_DISK_NEEDED:
        needed = f"{FREE_DISK_NEEDED / GIB:g} GB"
        return f"less than {needed} free under DATA_DIR: make room before films are refused"
    return None


CHECKS: dict[str, Callable[[], str | None]] = {
    "database": _database,
    "broker": _broker,
    "worker": _worker,
    "model": _model,
    "disk": _disk,
}

"""Makes the files of the documents that wait, one after the other.

WAITING ──claim──▶ WORKING ──▶ READY             its SHA-256 stands in the audit chain
  ▲                   │ └────▶ FAILED(reason) ──retry──┐
  ├── its worker was killed ──┘                        │
  └────────────────────────────────────────────────────┘
"""

import hashlib
import logging
import time
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.audit import SYSTEM, Stored
from diagnosis.imaging.report import from_json, render
from diagnosis.models import Report, ReportState
from diagnosis.services import history, storage
from diagnosis.services.report import facts

logger = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 3
GRACE: Final = timedelta(seconds=60)
STOPPED: Final = "Its worker was stopped again and again."
NO_ROOM: Final = "The server could not write the file; its disk may be full."
BROKEN: Final = "An error in this portal stopped it; its log says more."
OTHERWISE: Final = "Made again, the document would not be the same as the one that was issued."


class _Differs(Exception):
    """What was made is not what was issued."""


def make_due(*, seconds: float) -> int:
    """Make waiting documents until none is left or the time is over; how many were tried."""
    tried, until = 0, time.monotonic() + seconds
    while time.monotonic() < until and (report := _claim_next()) is not None:
        _make(report)
        tried += 1
    return tried


def put_back_stopped() -> int:
    """WORKING → WAITING, or FAILED after some tries, for documents whose worker must be dead; how many."""
    now = timezone.now()
    limit = timedelta(seconds=settings.REPORT_HARD_SECONDS) + GRACE
    dead = Q(heard_at__lt=now - limit) | Q(heard_at__gt=now + limit) | Q(heard_at=None)
    found = 0
    for report in Report.objects.filter(dead, state=ReportState.WORKING).select_related("study", "clinic"):
        if report.attempts >= MOST_ATTEMPTS:
            _fail(report, STOPPED)
        else:
            _mine(report).update(state=ReportState.WAITING, heard_at=None)
        found += 1
    return found


def _claim_next() -> Report | None:
    """WAITING → WORKING for the one that waits longest, by one conditional update; None if there is none."""
    while True:
        waiting = Report.objects.filter(state=ReportState.WAITING).order_by("asked_at", "pk")
        first = waiting.values_list("pk", flat=True).first()
        if first is None:
            return None
        row = Report.objects.filter(pk=first, state=ReportState.WAITING)
        if row.update(state=ReportState.WORKING, attempts=F("attempts") + 1, heard_at=timezone.now()):
            return Report.objects.select_related("study", "clinic").get(pk=first)


def _make(report: Report) -> None:
    try:
        document = from_json(report.document)
        _keep(report, render(document, facts.pictures_of(document)))
    except _Differs:
        _fail(report, OTHERWISE)
    except OSError as error:
        logger.error("report %s could not be written: %s", report.pk, error.strerror or error)
        _fail(report, NO_ROOM)
    except Exception:  # one document's trouble must not stop the others
        logger.exception("report %s failed", report.pk)
        _fail(report, BROKEN)


def _keep(report: Report, content: bytes) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    if report.sha256 and report.sha256 != sha256:
        raise _Differs
    if not storage.has_room(len(content)):
        raise OSError("no room below DATA_DIR")
    identity = str(report.public_id)
    path = f"reports/{report.clinic.public_id}/{identity}.pdf"
    storage.write_picture(path, content)
    with transaction.atomic():
        stored = {"sha256": sha256, "file": path, "made_at": report.made_at or timezone.now()}
        if not _mine(report).update(state=ReportState.READY, reason="", **stored):
            return  # another worker has it by now, and makes the same file
        row = Report.objects.select_related("study", "clinic").get(pk=report.pk)
        told = {"document": row.code, "sha256": sha256, "kind": row.kind}
        told |= {"replaces": row.replaces.code} if row.replaces else {}
        history.write(row, "report.issued", told, actor=SYSTEM, rows=[Stored(row, list(stored))])


def _fail(report: Report, reason: str) -> None:
    with transaction.atomic():
        if _mine(report).update(state=ReportState.FAILED, reason=reason):
            history.write(report, "report.failed", {"reason": reason}, actor=SYSTEM)


def _mine(report: Report) -> QuerySet[Report]:
    """The row while this claim holds."""
    return Report.objects.filter(pk=report.pk, state=ReportState.WORKING, attempts=report.attempts)

"""Every change of a scan's state; no other module makes one.

QUEUED → ANALYSING → ANALYSED, REFUSED or FAILED. ANALYSED and FAILED scans may be queued again, and when a
worker dies its scan goes from ANALYSING back to QUEUED. Each step is a conditional update that only one
process can win, with its audit entry in the same transaction.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.audit import Actor
from accounts.models import User
from diagnosis.models import Prediction, Scan, ScanStatus
from diagnosis.services import faults, history, messenger, registry, storage, turns, worklist

logger = logging.getLogger(__name__)

WORKER, SWEEPER = "worker", "sweeper"
GAVE_UP = "stopped"


@dataclass(frozen=True)
class Claim:
    """The right to end one attempt at a scan; lost when the sweeper puts the scan back."""

    scan: Scan
    attempt: int
    claimed_at: datetime

    def row(self) -> QuerySet[Scan]:
        """The scan's row while the claim holds, else no row."""
        return Scan.objects.filter(
            pk=self.scan.pk,
            status=ScanStatus.ANALYSING,
            attempts=self.attempt,
            claimed_at=self.claimed_at,
        )


def claim(*, scan_id: int) -> Claim | None:
    """QUEUED → ANALYSING by one conditional update; None if the scan is not waiting."""
    with transaction.atomic():
        claimed = Scan.objects.filter(pk=scan_id, status=ScanStatus.QUEUED).update(
            status=ScanStatus.ANALYSING, attempts=F("attempts") + 1, claimed_at=timezone.now()
        )
        if not claimed:
            return None
        scan = Scan.objects.select_related("study").get(pk=scan_id)
    assert scan.claimed_at is not None
    return Claim(scan, scan.attempts, scan.claimed_at)


def claim_next() -> Claim | None:
    """Claim the scan whose turn it is; None if none waits."""
    while (scan_id := turns.next_waiting()) is not None:
        held = claim(scan_id=scan_id)
        if held is not None:
            turns.served(held.scan)
            return held
    return None


def finish(held: Claim, status: str, **values: str) -> bool:
    """Move the row to its final state while the claim holds; False if it was lost and nothing may be stored.

    Call it in a transaction that also records the end.
    """
    pictures = {
        "display": storage.existing(storage.display_path(held.scan)),
        "thumbnail": storage.existing(storage.thumbnail_path(held.scan)),
    }
    ended = {"status": status, "reason_code": "", "reason": "", "finished_at": timezone.now(), **pictures}
    if held.row().update(**ended | values):
        return True
    logger.warning("scan %s was given to another worker meanwhile; nothing was stored", held.scan.pk)
    return False


def end(held: Claim, fault: faults.Fault) -> None:
    """ANALYSING → REFUSED or FAILED, with the reason."""
    with transaction.atomic():
        study = worklist.lock(held.scan.study_id)
        if not finish(held, fault.status, reason_code=fault.code, reason=fault.reason[:500]):
            return
        worklist.refresh(study)
        # only the code: the sentence may contain the file's name, and that a patient's
        facts = {"code": fault.code, "attempt": held.attempt}
        history.write(held.scan, f"scan.{fault.status}", facts, actor=WORKER)


def retry(*, scan: Scan, actor: Actor) -> bool:
    """FAILED → QUEUED; the failed attempt stays on record. False if the scan is no longer failed."""
    facts = {"code": scan.reason_code, "reason": scan.reason, "attempts": scan.attempts}
    return _queue_again(scan, ScanStatus.FAILED, "scan.retried", facts, actor=actor)


def reanalyse(*, scan: Scan, actor: Actor) -> bool:
    """ANALYSED → QUEUED for a newer active network; earlier predictions stay as they are.

    False if there is nothing new to ask: no network is active, it has already read this film, or the scan is
    no longer analysed.
    """
    model = registry.active_model()
    if model is None or Prediction.objects.filter(scan=scan, model_version=model).exists():
        return False
    facts = {"why": "another network is active", "model": str(model)}
    return _queue_again(scan, ScanStatus.ANALYSED, "scan.requeued", facts, actor=actor)


def _queue_again(scan: Scan, status: str, action: str, facts: dict[str, Any], *, actor: Actor) -> bool:
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        where = {"study": study, "status": status, "finished_at": scan.finished_at}
        moved = Scan.objects.filter(pk=scan.pk, **where).update(
            status=ScanStatus.QUEUED,
            reason_code="",
            reason="",
            attempts=0,
            enqueued_at=timezone.now(),
            claimed_at=None,
            finished_at=None,
            set_aside_at=None,
            set_aside_by=None,
        )
        if not moved:
            return False
        worklist.refresh(study)
        messenger.announce_on_commit([scan.pk])
        history.write(scan, action, facts, actor=actor)
    return True


def put_back(scan: Scan) -> bool:
    """ANALYSING → QUEUED (returns True), or FAILED after too many attempts (False)."""
    if scan.attempts < settings.ANALYSIS_MAX_ATTEMPTS:
        facts = {"why": "analysis stopped", "attempt": scan.attempts}
        return renew(scan, facts=facts, status=ScanStatus.QUEUED, claimed_at=None)
    _give_up(scan)
    return False


def renew(scan: Scan, *, facts: dict[str, object], **values: object) -> bool:
    """Give the row a new place in the queue and record it; False if another sweep or a worker was first."""
    with transaction.atomic():
        if not _same(scan).update(enqueued_at=timezone.now(), **values):
            return False
        history.write(scan, "scan.requeued", facts, actor=SWEEPER)
    logger.info("scan %s is queued again: %s", scan.pk, facts["why"])
    return True


def _give_up(scan: Scan) -> None:
    reason = (
        f"The analysis stopped {scan.attempts} times without a result. "
        "Try again; if it stops again, tell the portal’s operator."
    )
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        ended = _same(scan).update(
            status=ScanStatus.FAILED, reason_code=GAVE_UP, reason=reason, finished_at=timezone.now()
        )
        if ended:
            worklist.refresh(study)
            facts = {"code": GAVE_UP, "attempt": scan.attempts}
            history.write(scan, "scan.failed", facts, actor=SWEEPER)
    storage.remove_leftovers(scan)


def _same(scan: Scan) -> QuerySet[Scan]:
    """The row, if nobody has changed its state since it was read."""
    return Scan.objects.filter(
        pk=scan.pk,
        status=scan.status,
        attempts=scan.attempts,
        claimed_at=scan.claimed_at,
        enqueued_at=scan.enqueued_at,
    )


def set_aside(*, scan: Scan, actor: User) -> bool:
    """Mark a refused or failed film as needing no further action; audit `scan.set_aside`.

    The study then waits only for its other films. False if the film is neither, or was already set aside.
    """
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        waiting = Scan.objects.filter(
            pk=scan.pk, study=study, status__in=(ScanStatus.REFUSED, ScanStatus.FAILED), set_aside_at=None
        )
        if not waiting.update(set_aside_at=timezone.now(), set_aside_by=actor):
            return False
        worklist.refresh(study)
        history.write(scan, "scan.set_aside", actor=actor)
    return True

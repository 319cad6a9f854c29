"""Every change of a scan's state; no other module makes one.

QUEUED → ANALYSING → ANALYSED, REFUSED or FAILED. Scans that ended may be queued again, and when a worker
dies its scan goes from ANALYSING back to QUEUED. Each step is a conditional update that only one
process can win, with its audit entry in the same transaction.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from accounts.audit import Actor, Stored
from accounts.models import User
from accounts.permissions import may_review, may_submit
from diagnosis import spelling
from diagnosis.models import FINAL_STATUSES, ModelVersion, Prediction, Review, Scan, ScanStatus
from diagnosis.services import (
    faults,
    film_statistics,
    history,
    messenger,
    overtime,
    refusals,
    registry,
    storage,
    turns,
    worklist,
)

logger = logging.getLogger(__name__)

WORKER, SWEEPER = "worker", "sweeper"
GAVE_UP = "stopped"
SET_ASIDE = ("set_aside_at", "set_aside_by", "set_aside_reason")


@dataclass(frozen=True)
class Claim:
    """The right to end one attempt at a scan; lost when the sweeper puts the scan back."""

    scan: Scan
    attempt: int
    claimed_at: datetime
    network: ModelVersion | None = None
    """The one that was active at the claim."""

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
    return Claim(scan, scan.attempts, scan.claimed_at, registry.active_model())


def claim_next() -> Claim | None:
    """Claim the scan whose turn it is; None if none waits."""
    while (scan_id := turns.next_waiting()) is not None:
        held = claim(scan_id=scan_id)
        if held is not None:
            turns.served(held.scan)
            return held
    return None


def pixels_read(held: Claim, rule: dict[str, str]) -> None:
    """Note by which rule a film's pixels were read, while the claim holds; whatever the network says."""
    held.row().update(pixel_rule=rule)


def finish(held: Claim, status: str, **values: Any) -> bool:
    """Move the row to its final state while the claim holds; False if it was lost and nothing may be stored.

    Call it in a transaction that also records the end.
    """
    pictures = {
        "display": storage.existing(storage.display_path(held.scan)),
        "thumbnail": storage.existing(storage.thumbnail_path(held.scan)),
    }
    nothing = {"reason_code": "", "reason": "", "reason_confidence": None, "refused_by": None}
    ended: dict[str, Any] = {"status": status, "shown_corrections": [], **nothing, **pictures}
    if held.row().update(**ended | values, finished_at=timezone.now()):
        return True
    logger.warning("scan %s was given to another worker meanwhile; nothing was stored", held.scan.pk)
    return False


def end(held: Claim, fault: faults.Fault, measured: Mapping[str, float] = MappingProxyType({})) -> None:
    """ANALYSING → REFUSED or FAILED, with the reason; a refused film remembers the network.

    measured: what is known of the film's picture, for the clinic's statistics.
    """
    refused = fault.status == ScanStatus.REFUSED
    why = {"reason_code": fault.code, "reason": fault.reason[:500], "reason_confidence": fault.confidence}
    with transaction.atomic():
        study = worklist.lock(held.scan.study_id)
        if not finish(held, fault.status, refused_by=held.network if refused else None, **why):
            return
        worklist.refresh(study)
        if refused:
            film_statistics.note_refused(held.scan, held.network, measured)
            refusals.note(held.scan, held.network, fault)
        # only the code: the sentence may contain the file's name, and that a patient's
        facts = {"code": fault.code, "attempt": held.attempt}
        if refused:
            facts["model"] = str(held.network or "")
            facts["confidence"] = "" if fault.confidence is None else f"{fault.confidence:.4f}"
        history.write(held.scan, f"scan.{fault.status}", facts, actor=WORKER)


def retry(*, scan: Scan, actor: Actor) -> bool:
    """FAILED or REFUSED → QUEUED; the earlier attempt stays on record.

    False if the scan is no longer as it was seen, or is refused and only a doctor may ask again: see
    `may_be_tried_again`.
    """
    if not may_be_tried_again(scan, registry.active_model(), actor):
        return False
    facts: dict[str, Any] = {"code": scan.reason_code, "reason": scan.reason, "attempts": scan.attempts}
    if scan.status == ScanStatus.REFUSED:
        del facts["reason"]  # the sentence may contain the file's name, and that a patient's
        if actor == SWEEPER:
            facts["why"] = "another network is active"
    return _queue_again(scan, scan.status, "scan.retried", facts, actor=actor)


def may_be_tried_again(scan: Scan, active: ModelVersion | None, actor: object) -> bool:
    """Whether this person may send the film to the network once more.

    A failed one, everybody who may send films. A refused one, a doctor, who knows what is on it; the others
    only once another network is active than the one that refused it, which would only refuse it again.
    """
    if scan.status == ScanStatus.FAILED:
        return not isinstance(actor, User) or may_submit(actor)
    if scan.status != ScanStatus.REFUSED:
        return False
    return may_review(actor) or refused_by_another(scan, active)


def refused_by_another(scan: Scan, active: ModelVersion | None) -> bool:
    """Whether a network is active that has not refused this film."""
    return scan.status == ScanStatus.REFUSED and active is not None and scan.refused_by_id != active.pk


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
        found = Scan.objects.filter(pk=scan.pk, **where)
        if actor == SWEEPER:  # what a person decided since it was listed stands
            found = found.filter(set_aside_at=None, study__cancelled_at=None)
            found = found.exclude(Exists(Review.objects.filter(scan=OuterRef("pk"))))
        moved = found.update(
            status=ScanStatus.QUEUED,
            reason_code="",
            reason="",
            reason_confidence=None,
            refused_by=None,
            attempts=0,
            enqueued_at=timezone.now(),
            claimed_at=None,
            finished_at=None,
            set_aside_at=None,
            set_aside_by=None,
            set_aside_reason="",
        )
        if not moved:
            return False
        worklist.refresh(study)
        messenger.announce_on_commit([scan.pk])
        history.write(scan, action, facts, actor=actor, rows=[Stored(scan, SET_ASIDE)])
    return True


def put_back(scan: Scan) -> bool:
    """ANALYSING → QUEUED (returns True), or FAILED after too many attempts or one that hung (False)."""
    if overtime.ran_out(scan):
        fault = faults.too_slow(settings.ANALYSIS_HARD_SECONDS)
        _give_up(scan, fault.code, fault.reason)
        return False
    if scan.attempts < settings.ANALYSIS_MAX_ATTEMPTS:
        facts = {"why": "analysis stopped", "attempt": scan.attempts}
        return renew(scan, facts=facts, status=ScanStatus.QUEUED, claimed_at=None)
    reason = (
        f"The analysis stopped {scan.attempts} times without a result. "
        "Try again; if it stops again, tell the portal’s operator."
    )
    _give_up(scan, GAVE_UP, reason)
    return False


def renew(scan: Scan, *, facts: dict[str, object], **values: object) -> bool:
    """Give the row a new place in the queue and record it; False if another sweep or a worker was first."""
    with transaction.atomic():
        if not _same(scan).update(enqueued_at=timezone.now(), **values):
            return False
        history.write(scan, "scan.requeued", facts, actor=SWEEPER)
    logger.info("scan %s is queued again: %s", scan.pk, facts["why"])
    return True


def _give_up(scan: Scan, code: str, reason: str) -> None:
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        ended = _same(scan).update(
            status=ScanStatus.FAILED, reason_code=code, reason=reason, finished_at=timezone.now()
        )
        if ended:
            worklist.refresh(study)
            facts = {"code": code, "attempt": scan.attempts}
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


class ReasonMissing(Exception):
    """A film with a result is taken out of its study only with a reason."""

    message = "Say why this film should not count: it has a result."


def set_aside(*, scan: Scan, actor: User, reason: str = "") -> bool:
    """Take a film out of its study, which then waits only for its others; audit `scan.set_aside`.

    File, results and reviews are kept. A film with a result needs a reason, which stays on its row, since it
    may name somebody. False if the film is being analysed or was already set aside. Raises ReasonMissing.
    """
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        final = Scan.objects.filter(pk=scan.pk, study=study, status__in=FINAL_STATUSES, set_aside_at=None)
        if not reason and final.filter(status=ScanStatus.ANALYSED).exists():
            raise ReasonMissing
        if not final.update(
            set_aside_at=timezone.now(), set_aside_by=actor, set_aside_reason=spelling.tidy(reason)
        ):
            return False
        worklist.refresh(study)
        history.write(scan, "scan.set_aside", actor=actor, rows=[Stored(scan, SET_ASIDE)])
    return True


def take_back(*, scan: Scan, actor: User) -> bool:
    """Count a film again that was set aside; audit `scan.taken_back`. False if it was not."""
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        aside = Scan.objects.filter(pk=scan.pk, study=study, set_aside_at__isnull=False)
        if not aside.update(set_aside_at=None, set_aside_by=None, set_aside_reason=""):
            return False
        worklist.refresh(study)
        history.write(scan, "scan.taken_back", actor=actor, rows=[Stored(scan, SET_ASIDE)])
    return True

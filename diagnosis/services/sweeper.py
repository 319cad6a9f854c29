"""The sweeper: finds scans that a killed worker or a lost message left behind and sends them again.

It may run at any time, twice at once, and be killed in the middle: each scan is moved by an update that only
one sweep can win, and what was moved but not announced is found by the next one.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import audit
from diagnosis.models import FINAL_STATUSES, Scan, ScanStatus, Study
from diagnosis.services import messenger, worklist

logger = logging.getLogger(__name__)

# After the hard limit the pool kills the process; these seconds let it do so first.
GRACE = timedelta(seconds=2)
# A message is delivered within milliseconds of its turn; a scan that waits longer may have lost its own.
PATIENCE = timedelta(seconds=15)
# Workers take messages in order, give or take clocks and retries of some seconds.
OVERTAKEN_BY = timedelta(seconds=5)
BATCH = 500

GAVE_UP = "stopped"


def sweep() -> None:
    """Put back what stopped, then send again what lost its message. Raises messenger.BrokerDown."""
    for scan in _stopped():
        if put_back(scan):
            messenger.announce(scan.pk)
    for scan in _without_message():
        if _renew(scan, facts={"why": "message lost"}):
            messenger.announce(scan.pk)


def _stopped() -> list[Scan]:
    """Scans whose worker must be dead: claimed longer ago than the hard limit allows."""
    limit = timezone.now() - timedelta(seconds=settings.ANALYSIS_HARD_SECONDS) - GRACE
    stopped = Scan.objects.filter(status=ScanStatus.ANALYSING).filter(
        Q(claimed_at__lt=limit) | Q(claimed_at=None)
    )
    return list(stopped.order_by("claimed_at")[:BATCH])


def put_back(scan: Scan) -> bool:
    """ANALYSING → QUEUED, or FAILED after too many attempts. True: it waits for a message now."""
    if scan.attempts < settings.ANALYSIS_MAX_ATTEMPTS:
        facts = {"why": "analysis stopped", "attempt": scan.attempts}
        return _renew(scan, facts=facts, status=ScanStatus.QUEUED, claimed_at=None)
    _give_up(scan)
    return False


def _give_up(scan: Scan) -> None:
    reason = (
        f"The analysis stopped {scan.attempts} times without an answer. "
        "Try again; if it stops again, tell whoever runs this portal."
    )
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        ended = _same(scan).update(
            status=ScanStatus.FAILED, reason_code=GAVE_UP, reason=reason, finished_at=timezone.now()
        )
        if ended:
            worklist.refresh(study)
            _record(scan, "scan.failed", {"code": GAVE_UP, "attempt": scan.attempts})


def _without_message() -> Iterator[Scan]:
    """Scans that wait although their turn has come: nothing lies in the broker, or later ones were taken.

    A long queue that waits for its turn is left alone, however old it is. Raises messenger.BrokerDown.
    """
    waits = Scan.objects.filter(status=ScanStatus.QUEUED, enqueued_at__lt=timezone.now() - PATIENCE)
    if messenger.waiting() > 0:
        newest = _newest_taken()
        if newest is None:
            return
        waits = waits.filter(enqueued_at__lt=newest - OVERTAKEN_BY)
    yield from waits.order_by("enqueued_at", "pk")[:BATCH]


def _newest_taken() -> datetime | None:
    """When the most recently queued of all scans that a worker took was queued."""
    taken = [ScanStatus.ANALYSING, *FINAL_STATUSES]
    newest = [
        # a look into the index for each status: a maximum over all of them would read the whole table
        Scan.objects.filter(status=status)
        .order_by("-enqueued_at")
        .values_list("enqueued_at", flat=True)
        .first()
        for status in taken
    ]
    return max((moment for moment in newest if moment is not None), default=None)


def _same(scan: Scan) -> QuerySet[Scan]:
    """The row, if nobody moved it since it was read."""
    return Scan.objects.filter(
        pk=scan.pk,
        status=scan.status,
        attempts=scan.attempts,
        claimed_at=scan.claimed_at,
        enqueued_at=scan.enqueued_at,
    )


def _renew(scan: Scan, *, facts: dict[str, object], **values: object) -> bool:
    """Give the row a new place in the queue, on record; False where another sweep or a worker was first."""
    with transaction.atomic():
        if not _same(scan).update(enqueued_at=timezone.now(), **values):
            return False
        _record(scan, "scan.requeued", facts)
    logger.info("scan %s is sent again: %s", scan.pk, facts["why"])
    return True


def _record(scan: Scan, action: str, facts: dict[str, object]) -> None:
    study_id = Study.objects.values_list("public_id", flat=True).get(pk=scan.study_id)
    audit.record(
        actor="sweeper",
        action=action,
        subject=f"scan:{scan.public_id}",
        clinic=scan.clinic_id,
        study_id=study_id,
        facts=facts,
    )

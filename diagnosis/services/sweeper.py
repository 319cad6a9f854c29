"""The sweeper: finds scans that a killed worker or a lost message left behind and queues them again.

It may run at any time, twice at once, and be killed midway: each scan is moved by an update that only one
sweep can win, and the next sweep finds scans that were moved but not announced.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from diagnosis.models import FINAL_STATUSES, Scan, ScanStatus
from diagnosis.services import lifecycle, messenger

logger = logging.getLogger(__name__)

# After the hard limit the pool kills the process; this gives it time to do so.
GRACE = timedelta(seconds=2)
# A message is delivered within milliseconds of its turn; a scan that waits longer may have lost it.
PATIENCE = timedelta(seconds=15)
# Workers take messages in order, except for clock differences and retries of some seconds.
OVERTAKEN_BY = timedelta(seconds=5)
BATCH = 500


def sweep() -> None:
    """Put back stopped scans, then announce scans whose message was lost. Raises messenger.BrokerDown."""
    for scan in _stopped():
        if lifecycle.put_back(scan):
            messenger.announce(scan.pk)
    for scan in _without_message():
        if lifecycle.renew(scan, facts={"why": "message lost"}):
            messenger.announce(scan.pk)


def _stopped() -> list[Scan]:
    """Scans whose worker must be dead: claimed longer ago than the hard limit."""
    limit = timezone.now() - timedelta(seconds=settings.ANALYSIS_HARD_SECONDS) - GRACE
    stopped = Scan.objects.filter(status=ScanStatus.ANALYSING).filter(
        Q(claimed_at__lt=limit) | Q(claimed_at=None)
    )
    return list(stopped.order_by("claimed_at")[:BATCH])


def _without_message() -> Iterator[Scan]:
    """Scans still queued although their turn has come: the broker is empty, or later scans were taken.

    Scans that are merely far back in a long queue are left alone. Raises messenger.BrokerDown.
    """
    waits = Scan.objects.filter(status=ScanStatus.QUEUED, enqueued_at__lt=timezone.now() - PATIENCE)
    if messenger.waiting() > 0:
        newest = _newest_taken()
        if newest is None:
            return
        waits = waits.filter(enqueued_at__lt=newest - OVERTAKEN_BY)
    yield from waits.order_by("enqueued_at", "pk")[:BATCH]


def _newest_taken() -> datetime | None:
    """The latest queuing time of all scans that a worker took, or None."""
    taken = [ScanStatus.ANALYSING, *FINAL_STATUSES]
    newest = [
        # one index look-up per status: a maximum over all of them would read the whole table
        Scan.objects.filter(status=status)
        .order_by("-enqueued_at")
        .values_list("enqueued_at", flat=True)
        .first()
        for status in taken
    ]
    return max((moment for moment in newest if moment is not None), default=None)

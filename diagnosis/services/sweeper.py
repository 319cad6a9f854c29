"""The sweeper: finds scans that a killed worker or a lost message left behind and queues them again.

It may run at any time, twice at once, and be killed midway: each scan is moved by an update that only one
sweep can win, and the next sweep finds scans that were moved but not announced.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from diagnosis.models import Scan, ScanStatus
from diagnosis.services import lifecycle, messenger

logger = logging.getLogger(__name__)

# After the hard limit the pool kills the process; this gives it time to do so.
GRACE = timedelta(seconds=2)
# A scan is queued before its message is sent, and a worker holds messages that it has not begun.
PATIENCE = timedelta(seconds=15)
BATCH = 500


def sweep() -> None:
    """Put back stopped scans, then send again messages that were lost. Raises messenger.BrokerDown."""
    for scan in _stopped():
        if lifecycle.put_back(scan):
            messenger.announce()
    missing = _missing_messages()
    if missing:
        logger.info("%s messages about waiting scans were lost and are sent again", missing)
    for _ in range(missing):
        messenger.announce()


def _stopped() -> list[Scan]:
    """Scans whose worker must be dead: claimed longer ago than the hard limit."""
    limit = timezone.now() - timedelta(seconds=settings.ANALYSIS_HARD_SECONDS) - GRACE
    stopped = Scan.objects.filter(status=ScanStatus.ANALYSING).filter(
        Q(claimed_at__lt=limit) | Q(claimed_at=None)
    )
    return list(stopped.order_by("claimed_at")[:BATCH])


def _missing_messages() -> int:
    """By how many the waiting scans outnumber the messages in the broker. Raises messenger.BrokerDown.

    One message too many does no harm: its worker finds nothing to do.
    """
    now = timezone.now()  # a scan queued "in the future", by a clock that was wrong, has waited long enough
    waits = Scan.objects.filter(status=ScanStatus.QUEUED).exclude(enqueued_at__range=(now - PATIENCE, now))
    return max(0, min(waits.count(), BATCH) - messenger.waiting())

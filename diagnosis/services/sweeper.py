"""The sweeper: finds scans that a killed worker or a lost message left behind and queues them again.

It may run at any time, twice at once, and be killed midway: each scan is moved by an update that only one
sweep can win, and the next sweep finds scans that were moved but not announced.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from diagnosis.models import CheckEntry, CheckKind, Scan, ScanStatus
from diagnosis.services import faults, lifecycle, messenger, refusals, registry, storage

logger = logging.getLogger(__name__)

# After the hard limit the pool kills the process; this gives it time to do so.
GRACE = timedelta(seconds=2)
# A scan is queued before its message is sent, and a worker holds messages that it has not begun.
PATIENCE = timedelta(seconds=15)
# A film that failed for want of room is tried again after this, and later after a quarter of its age.
PAUSE = timedelta(seconds=10)
BATCH = 500
# So many refused films at once are shown to a network that became active since, and only if no film waits.
SECOND_TRIES = 20


def sweep() -> None:
    """Put back stopped scans, then send again messages that were lost. Raises messenger.BrokerDown.

    While the disk is full nothing is moved: each move is an event, and the room is needed by people.
    """
    if not storage.has_room_to_work():
        logger.error("nothing swept: DATA_DIR is full or cannot be written")
        return
    for scan in _waiting_for_the_disk():
        lifecycle.retry(scan=scan, actor=lifecycle.SWEEPER)
    for scan in _refused_by_another():
        lifecycle.retry(scan=scan, actor=lifecycle.SWEEPER)
    for scan in _stopped():
        if lifecycle.put_back(scan):
            messenger.announce()
    missing = _missing_messages()
    if missing:
        logger.info("%s messages about waiting scans were lost and are sent again", missing)
    for _ in range(missing):
        messenger.announce()


def _stopped() -> list[Scan]:
    """Scans whose worker must be dead: claimed longer ago than the hard limit.

    Or as far ahead: since then the clock was set back, and the claim would outlive its worker by hours.
    """
    now, limit = timezone.now(), timedelta(seconds=settings.ANALYSIS_HARD_SECONDS) + GRACE
    stopped = Scan.objects.filter(status=ScanStatus.ANALYSING).filter(
        Q(claimed_at__lt=now - limit) | Q(claimed_at__gt=now + limit) | Q(claimed_at=None)
    )
    return list(stopped.order_by("claimed_at")[:BATCH])


def _missing_messages() -> int:
    """By how many the waiting scans outnumber the messages in the broker. Raises messenger.BrokerDown.

    One message too many does no harm: its worker finds nothing to do.
    """
    now = timezone.now()  # a scan queued "in the future", by a clock that was wrong, has waited long enough
    waits = Scan.objects.filter(status=ScanStatus.QUEUED).exclude(enqueued_at__range=(now - PATIENCE, now))
    return max(0, min(waits.count(), BATCH) - messenger.waiting())


def _waiting_for_the_disk() -> Iterator[Scan]:
    """Scans that failed because the disk took no files, as long as nobody has set them aside."""
    now = timezone.now()
    failed = Scan.objects.filter(
        status=ScanStatus.FAILED, reason_code__in=faults.WAITS_FOR_THE_DISK, set_aside_at=None
    )
    for scan in failed.order_by("finished_at")[:BATCH]:
        assert scan.finished_at is not None
        pause = max(PAUSE, (scan.finished_at - scan.received_at) / 4)
        if abs(now - scan.finished_at) > pause:
            yield scan


def _refused_by_another() -> list[Scan]:
    """Films that the active network has not refused, but one before it has: they get another try.

    Not those that a doctor signed or that somebody set aside, nor any while films wait for their first try.
    """
    network = registry.active_model()
    if network is None or Scan.objects.filter(status=ScanStatus.QUEUED).exists():
        return []
    asked = CheckEntry.objects.filter(model_version=network, kind=CheckKind.REFUSED).values("scan")
    refused = Scan.objects.filter(
        status=ScanStatus.REFUSED,
        reason_code__in=refusals.BY_NETWORK,
        refused_by__isnull=False,
        set_aside_at=None,
        study__cancelled_at=None,
        reviews=None,
    )
    again = refused.exclude(refused_by=network).exclude(pk__in=asked)
    return list(again.order_by("received_at", "pk")[:SECOND_TRIES])

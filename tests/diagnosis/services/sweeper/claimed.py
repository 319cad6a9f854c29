"""Scans that have waited, or were taken by a worker, some time ago."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from diagnosis.models import Scan, ScanStatus

LONG_AGO = timedelta(hours=1)


def waiting_since(scan: Scan, ago: timedelta) -> Scan:
    scan.enqueued_at = timezone.now() - ago
    scan.save()
    return scan


def taken(scan: Scan, ago: timedelta, attempts: int = 1) -> Scan:
    """The scan as a worker claimed it some time ago."""
    scan.status, scan.attempts, scan.claimed_at = ScanStatus.ANALYSING, attempts, timezone.now() - ago
    scan.save()
    return scan


def dead() -> timedelta:
    return timedelta(seconds=settings.ANALYSIS_HARD_SECONDS + 3)

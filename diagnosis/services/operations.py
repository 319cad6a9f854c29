"""How the installation is doing: what waits, how many films come in a day, how much room is left."""

import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models import HeldFilm, HeldOutcome, Scan, ScanStatus

GIB = 1024**3
LOW_DISK = 5 * GIB  # earlier than /readyz: this warns in time
DAYS = 14


@dataclass(frozen=True)
class Queue:
    """The films that wait, those that nobody has looked after, and those that contradict the record."""

    waiting: int
    analysing: int
    failed: int
    oldest: datetime | None
    unsettled: int
    unsettled_since: datetime | None


@dataclass(frozen=True)
class Day:
    day: date
    films: int


@dataclass(frozen=True)
class Disk:
    free: int
    total: int

    @property
    def is_low(self) -> bool:
        return self.free < LOW_DISK


def queue(clinic: Clinic | None = None) -> Queue:
    """The queue of one clinic, or of all."""
    failed = Q(status=ScanStatus.FAILED, set_aside_at=None)
    counts = _films(clinic).aggregate(
        waiting=Count("pk", filter=Q(status=ScanStatus.QUEUED)),
        analysing=Count("pk", filter=Q(status=ScanStatus.ANALYSING)),
        failed=Count("pk", filter=failed),
        oldest=Min("enqueued_at", filter=Q(status=ScanStatus.QUEUED)),
    )
    held = HeldFilm.objects.filter(outcome=HeldOutcome.WAITING, **({"clinic": clinic} if clinic else {}))
    counts |= held.aggregate(unsettled=Count("pk"), unsettled_since=Min("received_at"))
    return Queue(**counts)


def films_a_day(clinic: Clinic | None = None) -> list[Day]:
    """The films received on each of the last days, today last, as the reader's clock counts days."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    begins = [midnight - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    ends = [*begins[1:], midnight + timedelta(days=1)]
    counts = (
        _films(clinic)
        .filter(received_at__gte=begins[0])
        .aggregate(
            **{
                f"day{place}": Count("pk", filter=Q(received_at__gte=begin, received_at__lt=end))
                for place, (begin, end) in enumerate(zip(begins, ends, strict=True))
            }
        )
    )
    return [Day(begin.date(), counts[f"day{place}"]) for place, begin in enumerate(begins)]


def disk() -> Disk | None:
    """The room under DATA_DIR; None if it cannot be asked."""
    try:
        usage = shutil.disk_usage(settings.DATA_DIR)
    except OSError:
        return None
    return Disk(free=usage.free, total=usage.total)


def _films(clinic: Clinic | None) -> QuerySet[Scan]:
    return Scan.objects.order_by() if clinic is None else Scan.objects.filter(clinic=clinic).order_by()

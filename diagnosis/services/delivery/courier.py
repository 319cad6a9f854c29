"""Takes one waiting film after the other to its archive, and says on its row what the archive answered.

WAITING ──claim──▶ SENDING ──▶ DELIVERED
  ▲                   │ └────▶ FAILED(reason)   refused, withdrawn, or tried for days
  └── later, or after a killed courier ──┘
"""

import logging
import random
import time
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from diagnosis.models import ArchiveProtocol, Delivery, DeliveryState
from diagnosis.services import history
from diagnosis.services.delivery import dimse, files, stow
from diagnosis.services.delivery.answers import NotDelivered

logger = logging.getLogger(__name__)

COURIER: Final = "courier"
FIRST_PAUSE: Final = 15.0
LONGEST_PAUSE: Final = 3600.0
GRACE: Final = timedelta(seconds=5)


def deliver_due(*, seconds: float) -> int:
    """Send waiting films, one after the other, until none is due or the time is over; how many were tried.

    A film that is begun is finished, or killed with its process and put back.
    """
    tried, until = 0, time.monotonic() + seconds
    while time.monotonic() < until and (delivery := _claim_next()) is not None:
        _deliver(delivery)
        tried += 1
    return tried


def put_back_stopped() -> int:
    """SENDING → WAITING for films whose courier must be dead; how many there were."""
    now, limit = timezone.now(), timedelta(seconds=settings.DELIVERY_HARD_SECONDS) + GRACE
    stopped = Delivery.objects.filter(state=DeliveryState.SENDING).filter(
        Q(claimed_at__lt=now - limit) | Q(claimed_at__gt=now + limit) | Q(claimed_at=None)
    )
    return stopped.update(state=DeliveryState.WAITING, claimed_at=None, next_try_at=now)


def _claim_next() -> Delivery | None:
    """WAITING → SENDING for the film that has waited longest, by one conditional update; None if none is."""
    while True:
        now = timezone.now()
        # a time that a wrong clock wrote, farther ahead than any pause, is no reason to wait
        due = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + timedelta(seconds=2 * LONGEST_PAUSE))
        waiting = Delivery.objects.filter(due, state=DeliveryState.WAITING, archive__active=True)
        first = waiting.order_by("next_try_at", "pk").values_list("pk", flat=True).first()
        if first is None:
            return None
        row = Delivery.objects.filter(pk=first, state=DeliveryState.WAITING)
        claimed = {"claimed_at": now.replace(microsecond=random.randrange(1_000_000))}  # noqa: S311  (no secret)
        if row.update(state=DeliveryState.SENDING, attempts=F("attempts") + 1, **claimed):
            about = ("archive", "scan__clinic", "scan__study__patient", "scan__study__clinic")
            return Delivery.objects.select_related(*about).get(pk=first)


def _deliver(delivery: Delivery) -> None:
    try:
        said = _sent(delivery)
    except NotDelivered as why:
        _not_delivered(delivery, why)
    except Exception:  # one film's trouble must not stop the others
        logger.exception("delivery %s failed", delivery.pk)
        _not_delivered(delivery, NotDelivered("An error in this portal stopped it; its log says more."))
    else:
        _delivered(delivery, said)


def _sent(delivery: Delivery) -> str:
    scan, archive = delivery.scan, delivery.archive
    if archive.clinic_id != scan.clinic_id:
        raise NotDelivered("The film and the archive belong to different clinics.", final=True)
    if scan.study.cancelled_at is not None:
        raise NotDelivered("The study was cancelled, so the film was not sent.", final=True)
    if scan.set_aside_at is not None:
        raise NotDelivered("The film was dismissed, so it was not sent.", final=True)
    try:
        web = archive.protocol == ArchiveProtocol.STOW
        with files.dicom_file(scan, as_it_came=web) as film:
            if web:
                return stow.store(archive, film.path, delivery.sop_instance_uid)
            return dimse.store(archive, film)
    except OSError as error:
        raise NotDelivered(f"The film's file could not be read here ({error.strerror}).") from error


def _mine(delivery: Delivery) -> QuerySet[Delivery]:
    """The row while this claim holds; no row once the sweeper has put it back."""
    claim = {"attempts": delivery.attempts, "claimed_at": delivery.claimed_at}
    return Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.SENDING, **claim)


def _delivered(delivery: Delivery, said: str) -> None:
    with transaction.atomic():
        if not _end(delivery, DeliveryState.DELIVERED, said):
            return
        facts: dict[str, Any] = {"archive": delivery.archive.name, "attempt": delivery.attempts}
        study = delivery.scan.study
        left = Delivery.objects.filter(scan__study=study, archive=delivery.archive)
        whole = not left.exclude(state=DeliveryState.DELIVERED).exists()
        history.write(delivery.scan, "delivery.done", facts, actor=COURIER)
        if whole:
            history.write(study, "study.sent", {"archive": delivery.archive.name}, actor=COURIER)


def _not_delivered(delivery: Delivery, why: NotDelivered) -> None:
    if not why.final and delivery.attempts < _most_attempts():
        _mine(delivery).update(
            state=DeliveryState.WAITING,
            reason=why.reason[:500],
            claimed_at=None,
            next_try_at=timezone.now() + timedelta(seconds=_pause(delivery.attempts)),
        )
        return
    reason = why.reason if why.final else f"Given up after {settings.DELIVERY_DAYS} days. {why.reason}"
    with transaction.atomic():
        if _end(delivery, DeliveryState.FAILED, reason):
            facts = {"archive": delivery.archive.name, "attempt": delivery.attempts}
            history.write(delivery.scan, "delivery.failed", facts, actor=COURIER)


def _end(delivery: Delivery, state: str, reason: str) -> int:
    return _mine(delivery).update(state=state, reason=reason[:500], finished_at=timezone.now())


def _pause(attempts: int) -> float:
    """Seconds until the next try: twice as long each time, an hour at most, and never all at once."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 20))
    return longest * random.uniform(0.5, 1)  # noqa: S311  (no secret)


def _most_attempts() -> int:
    """How many tries fill the days: one an hour at least, of three quarters of it on average."""
    return 8 + int(settings.DELIVERY_DAYS * 24 / 0.75)

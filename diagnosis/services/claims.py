"""Says which doctor has a study open, so that no two read it without knowing of each other.

A claim locks nothing. It begins when a doctor opens a study that waits, ends some minutes after the open
page was last heard of, and can be taken over with one click, which is on record.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.permissions import may_review
from diagnosis.models import Claim, Study
from diagnosis.services import history, worklist

logger = logging.getLogger(__name__)

LASTS: Final = timedelta(minutes=5)  # without JavaScript, after the page was opened
BEAT_SECONDS: Final = 60


def hold(*, study: Study, doctor: User) -> Claim | None:
    """Claim a study that waits to be read, unless a colleague has; returns the claim that counts, if any.

    Where nothing can be written just now, films are read all the same: without a claim.
    """
    if may_review(doctor) and study.rank < worklist.RANK_DONE:
        try:
            with transaction.atomic():
                _hold(study, doctor)
        except OperationalError:
            logger.warning("no claim could be stored: the database takes no changes just now")
    return of(study)


def _hold(study: Study, doctor: User) -> None:
    now, ended = timezone.now(), _ended()
    Claim.objects.filter(doctor=doctor, seen_at__lt=ended).exclude(study=study).delete()
    claim = Claim.objects.filter(study=study)
    if claim.filter(doctor=doctor, seen_at__gte=ended).update(seen_at=now):
        return
    # one statement decides between two who come at once
    if not claim.filter(Q(doctor=doctor) | Q(seen_at__lt=ended)).update(
        doctor=doctor, since=now, seen_at=now
    ):
        try:
            with transaction.atomic():
                Claim.objects.create(study=study, doctor=doctor, since=now, seen_at=now)
        except IntegrityError:
            pass  # a colleague was faster, or has it


def take_over(*, study: Study, doctor: User) -> bool:
    """Claim a study that a colleague has open; audit `study.taken_over`. False if nobody else has it."""
    if not may_review(doctor):
        return False
    with transaction.atomic():
        locked = worklist.lock(study.pk)
        held = of(locked)
        if held is None or held.doctor_id == doctor.pk:
            taken = False
        else:
            now = timezone.now()
            Claim.objects.filter(pk=held.pk).update(doctor=doctor, since=now, seen_at=now)
            facts = {"from": str(held.doctor.public_id)}
            history.write(locked, "study.taken_over", facts, actor=doctor)
            taken = True
    return taken


def of(study: Study) -> Claim | None:
    """The study's claim, if it still counts."""
    return Claim.objects.filter(study=study, seen_at__gte=_ended()).select_related("doctor").first()


def on(studies: list[int]) -> dict[int, Claim]:
    """The claims that count on these studies, by study."""
    found = Claim.objects.filter(study__in=studies, seen_at__gte=_ended()).select_related("doctor")
    return {claim.study_id: claim for claim in found}


def held_by(doctor: User) -> list[int]:
    """The studies that this doctor has claimed."""
    return list(Claim.objects.filter(doctor=doctor, seen_at__gte=_ended()).values_list("study_id", flat=True))


def held_by_others(doctor: User) -> list[int]:
    """The studies that somebody else has open, of every clinic: so no database begins with the studies."""
    others = Claim.objects.filter(seen_at__gte=_ended()).exclude(doctor=doctor)
    return list(others.order_by().values_list("study_id", flat=True))


def _ended() -> datetime:
    return timezone.now() - LASTS

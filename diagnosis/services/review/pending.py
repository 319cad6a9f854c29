"""The seconds in which a signature can be taken back: until they are over, it is its doctor's alone.

The row is the truth: a message tells a worker when the time is over, beat finds what no message told of, and
so does the next page of the doctor or of a colleague. Whoever comes first locks the study and signs; the
others find nothing to do.
Everything is checked again at that moment: what no longer holds goes back to its doctor, unsigned.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.models.membership import capacities
from diagnosis.models import PendingSignature, SignatureState, Study
from diagnosis.models.unoffered import unoffered
from diagnosis.services import critical, history, messenger, worklist
from diagnosis.services.review.film import Signature, check_may_sign, have_reported, what_follows
from diagnosis.services.review.study import place_reviews
from diagnosis.services.review.words import AlreadySigned, ReviewRefused, StudyWords

logger = logging.getLogger(__name__)

TASK: Final = "diagnosis.tasks.finalise_signatures"
AT_ONCE: Final = 100
SLACK: Final = timedelta(minutes=1)  # a clock that was set back must not put a signature off for hours
KEPT: Final = timedelta(days=1)


class AlreadyPressed(ReviewRefused):
    """Another signature of this doctor on this study can still be undone."""


class TooLate(Exception):
    """The signature is not to be undone any more."""


@dataclass(frozen=True)
class Own:
    """A doctor's signatures that can be undone, and those that came back unsigned, newest first.

    `lost`: those that came back of studies that the doctor is not shown any more.
    """

    waiting: list[PendingSignature]
    returned: list[PendingSignature]
    lost: list[PendingSignature] = field(default_factory=list)


def press(*, study: Study, doctor: User, words: StudyWords, typed: dict[str, Any]) -> PendingSignature:
    """Take a doctor's signature of a study; it is final after CARINA_UNDO_SECONDS, with 0 at once.

    `typed`: the form, to be given back. The same press sent twice is one. Raises what `sign_study` raises,
    for what would not be signed now either; AlreadyPressed for another word while the first can be undone.
    """
    finalise_due(doctor=doctor)
    check_may_sign(doctor, study)
    kept, seconds = words.to_json(), settings.CARINA_UNDO_SECONDS
    with transaction.atomic():
        locked = worklist.lock(study.pk)
        mine = PendingSignature.objects.filter(study=locked, doctor=doctor)
        if waiting := mine.filter(open=True).first():
            if StudyWords.from_json(waiting.words) == words:
                return waiting
            raise AlreadyPressed(
                "You have just pressed Sign on this study, on another page. Undo that signature first, or "
                "wait until it is final. What you typed here is kept."
            )
        now = timezone.now()
        _try(locked, words, Signature(doctor, str(doctor), doctor.licence_number, now))
        mine.filter(dealt_with=False).update(dealt_with=True)
        row = PendingSignature.objects.create(
            study=locked, doctor=doctor, signed_name=str(doctor), signed_licence=doctor.licence_number,
            words=kept, typed=typed, pressed_at=now, due_at=now + timedelta(seconds=seconds),
        )  # fmt: skip
        if seconds:
            messenger.send_on_commit(TASK, seconds=seconds)
    if not seconds:
        _finalise(row.pk)
        row.refresh_from_db()
    return row


def take_back(*, signature: PendingSignature, doctor: User) -> None:
    """Undo the press of Sign: what was typed is a draft again. Raises TooLate; twice is once."""
    with transaction.atomic():
        worklist.lock(signature.study_id)
        row = PendingSignature.objects.get(pk=signature.pk, doctor=doctor)
        if row.state == SignatureState.UNDONE:
            return
        if not row.open or _is_due(row, timezone.now()):
            raise TooLate
        _end(row, SignatureState.UNDONE)


def deal_with(*, signature: PendingSignature, doctor: User) -> None:
    """Discard what came back: its notice goes, and what was typed with it."""
    ended = PendingSignature.objects.filter(pk=signature.pk, doctor=doctor, open=None)
    ended.update(dealt_with=True)


def of_doctor(doctor: User) -> Own:
    """The doctor's own, after those that are due are signed."""
    finalise_due(doctor=doctor)
    rows = PendingSignature.objects.filter(
        doctor=doctor, dealt_with=False, state__in=(SignatureState.WAITING, SignatureState.RETURNED)
    )
    found = list(rows.select_related("study__patient")[:AT_ONCE])
    return Own([row for row in found if row.open], [row for row in found if not row.open])


def finalise_due(*, doctor: User | None = None, clinic_id: int | None = None) -> int:
    """Sign whatever is due, of one doctor, of a clinic, or of all; how many were tried."""
    now = timezone.now()
    due = PendingSignature.objects.filter(_due(now), open=True)
    if doctor is not None:
        due = due.filter(doctor=doctor)
    if clinic_id is not None:
        due = due.alias(clinic=unoffered("study__clinic_id")).filter(clinic=clinic_id)  # few are due
    keys = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    for key in keys:
        try:
            _finalise(key)
        except Exception:  # one that fails stays on its row, and must not hold up the others
            logger.exception("signature %s could not be made final", key)
    return len(keys)


def forget_old() -> None:
    """Delete what is over: the reviews are the record, and a notice that somebody has to see stays."""
    _over().filter(ended_at__lt=timezone.now() - KEPT).delete()


def _over() -> QuerySet[PendingSignature]:
    ended = PendingSignature.objects.filter(open=None)
    return ended.filter(Q(state=SignatureState.FINAL) | Q(dealt_with=True))


def _due(now: datetime) -> Q:
    return Q(due_at__lte=now) | Q(due_at__gt=now + timedelta(seconds=settings.CARINA_UNDO_SECONDS) + SLACK)


def _is_due(row: PendingSignature, now: datetime) -> bool:
    ahead = timedelta(seconds=settings.CARINA_UNDO_SECONDS) + SLACK
    return row.due_at <= now or row.due_at > now + ahead


def _try(locked: Study, words: StudyWords, signature: Signature) -> None:
    """Sign and take it back: a press is refused for what it would be refused for in the end."""
    with transaction.atomic():
        place_reviews(locked, words, signature)
        transaction.set_rollback(True)


def _finalise(key: int) -> None:
    """WAITING → FINAL, or RETURNED where something changed since; nothing for one that has ended."""
    found = PendingSignature.objects.filter(pk=key).first()
    if found is None:
        return
    with transaction.atomic():
        locked = worklist.lock(found.study_id)  # before the row is read: whoever changes it holds this lock
        row = PendingSignature.objects.select_related("doctor").get(pk=key)
        now = timezone.now()
        if not row.open or not _is_due(row, now):
            return
        words = StudyWords.from_json(row.words)
        doctor = _as_pressed(row.doctor, locked)
        signature = Signature(doctor, row.signed_name, row.signed_licence, row.pressed_at, now, row.public_id)
        try:
            with transaction.atomic():
                check_may_sign(doctor, locked)
                _, entries = place_reviews(locked, words, signature)
        except AlreadySigned:
            _end(row, SignatureState.FINAL)
            entries = critical.signed(study=locked, doctor=doctor, ticked=words.critical)
            history.write_all(entries, actor=row.doctor)
            return
        except ReviewRefused as refused:
            _end(row, SignatureState.RETURNED, told=refused.message)
            return
        _end(row, SignatureState.FINAL)
        worklist.refresh(locked)
        have_reported(locked)
        entries += what_follows(locked, doctor, act=row.public_id, ticked=words.critical)
        history.write_all(entries, actor=row.doctor)


def _as_pressed(doctor: User, study: Study) -> User:
    """The doctor as they may sign there: whoever switched to another of their clinics since signs, too."""
    for there in capacities(doctor):
        try:
            check_may_sign(there, study)
        except ReviewRefused:
            continue
        return there
    return doctor


def _end(row: PendingSignature, state: str, *, told: str = "") -> None:
    row.state, row.open, row.ended_at, row.told = state, None, timezone.now(), told[:1000]
    row.save(update_fields=["state", "open", "ended_at", "told"])

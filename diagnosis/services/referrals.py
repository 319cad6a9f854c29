"""A study's way to a clinic that reads for another: asked for or covered, accepted, read and returned.

Each step has its time on the row and its entry in the record. Functions that take part in somebody else's
transaction return their entries; the caller writes them as its last step.
"""

import logging
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.audit import SYSTEM, Stored
from accounts.models import Clinic, Role, User
from accounts.models.membership import people_of
from accounts.permissions import may_review, may_submit
from diagnosis import spelling
from diagnosis.models import (
    Covers,
    NoticeKind,
    ReadingAgreement,
    Referral,
    ReferralState,
    Study,
    StudyState,
    WebhookKind,
)
from diagnosis.models.reading_agreement import in_force
from diagnosis.services import history, notice, webhooks, worklist
from diagnosis.services.history import Entry

logger = logging.getLogger(__name__)

WAITS: Final = (StudyState.WAITING, StudyState.TO_REVIEW, StudyState.PROBLEM)
OVER: Final = (StudyState.CANCELLED, StudyState.DISMISSED)
AT_ONCE: Final = 200
CLOSED: Final = ("state", "is_open", "closed_by", "closed_at", "closed_reason")


class NotReferred(Exception):
    """The step was not taken; `message` says why and what to do."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def of(study: Study) -> list[Referral]:
    """The study's referrals, the newest first."""
    found = Referral.objects.filter(study=study)
    return list(
        found.select_related(
            "study", "clinic", "reading_clinic", "agreement", "asked_by", "accepted_by", "closed_by"
        )
    )


def senders_of(study: Study, *, elsewhere: bool = True) -> list[User]:
    """Who is told of what another clinic says: whoever sent the study, else everybody there.

    `elsewhere`: whether another clinic says it; of their own clinic's word only the sender is told.
    """
    here = people_of(study.clinic_id)
    if sender := here.filter(pk=study.created_by_id or 0).first():
        return [sender]
    return list(here.order_by("pk")) if elsewhere else []


def askers_of(row: Referral) -> list[User]:
    """Who of the clinic that sent the study is told: whoever asked, if they are of that clinic."""
    asker = people_of(row.clinic_id).filter(pk=row.asked_by_id or 0).first()
    return [asker] if asker else senders_of(row.study)


def open_referral(study: Study) -> Referral | None:
    return Referral.objects.filter(study=study, is_open=True).select_related("reading_clinic").first()


def agreements_of(clinic: Clinic) -> QuerySet[ReadingAgreement]:
    """Who reads for the clinic today."""
    found = ReadingAgreement.objects.filter(in_force(), clinic=clinic)
    return found.select_related("reading_clinic").order_by("reading_clinic__name")


def ask(*, study: Study, by: User, agreement: ReadingAgreement, question: str = "") -> Referral:
    """Ask the reading clinic of an agreement to read the study; audit `referral.requested`.

    Raises NotReferred.
    """
    if not may_submit(by) or by.clinic_id != study.clinic_id:
        raise NotReferred("Only people of the clinic that took the films may ask another to read them.")
    with transaction.atomic():
        row = worklist.lock(study.pk)
        _check_counts(agreement, row.clinic_id)
        _check_free(row)
        referral, entry = _asked(row, agreement, by=by, question=question)
        history.write_all([entry], actor=by)
    return referral


def accept(*, referral: Referral, by: User) -> bool:
    """The reading clinic takes it on; audit `referral.accepted`. False if it had. Raises NotReferred."""
    with transaction.atomic():
        row = _open_row(referral, by)
        if row.state == ReferralState.ACCEPTED:
            return False
        fields = _take(row, by)
        _tell_senders(row, "accepted")
        history.write(row.study, "referral.accepted", actor=by, rows=[Stored(row, fields)])
    return True


def decline(*, referral: Referral, by: User, reason: str) -> None:
    """The reading clinic does not read it, and says why; audit `referral.declined`. Raises NotReferred."""
    with transaction.atomic():
        row = _open_row(referral, by)
        _close(row, ReferralState.DECLINED, by=by, reason=_reason(reason))
        _tell_senders(row, "declined")
        history.write(row.study, "referral.declined", actor=by, rows=[Stored(row, CLOSED)])


def pass_on(*, referral: Referral, by: User, agreement: ReadingAgreement, reason: str) -> Referral:
    """Have another clinic read it, one that reads for the sender, too; audit `referral.passed_on`.

    Only the sender says who may see its films: a clinic with which it has no agreement cannot be chosen.
    Raises NotReferred.
    """
    with transaction.atomic():
        row = _open_row(referral, by)
        _check_counts(agreement, row.clinic_id)
        if agreement.reading_clinic_id == row.reading_clinic_id:
            raise NotReferred("This is your own clinic. Choose another one, or decline.")
        _close(row, ReferralState.PASSED_ON, by=by, reason=_reason(reason))
        _tell_senders(row, "passed_on")
        onward, entry = _asked(row.study, agreement, by=by, question=row.question, passed_from=row)
        facts = {"to": agreement.reading_clinic.name}
        passed = Entry(row.study, "referral.passed_on", facts, rows=[Stored(row, CLOSED)])
        history.write_all([passed, entry], actor=by)
    return onward


def withdraw(*, referral: Referral, by: User, reason: str = "") -> bool:
    """The sender takes it back; audit `referral.withdrawn`. False if it is over already."""
    with transaction.atomic():
        locked = worklist.lock(referral.study_id)
        row = Referral.objects.get(pk=referral.pk)
        if not row.is_open or not may_submit(by) or by.clinic_id != locked.clinic_id:
            return False
        _close(row, ReferralState.WITHDRAWN, by=by, reason=spelling.tidy(reason)[:500])
        if row.accepted_by:
            _tell(row, "withdrawn", [row.accepted_by])
        history.write(locked, "referral.withdrawn", actor=by, rows=[Stored(row, CLOSED)])
    return True


def signed(*, study: Study, doctor: User) -> list[Entry]:
    """What a signature means for the referral; call it in its transaction, the study summed up.

    The reading clinic's last signature returns the study; somebody else's makes it needless.
    """
    row = Referral.objects.filter(study=study, is_open=True).first()
    if row is None or study.state != StudyState.REVIEWED:
        return []
    if doctor.clinic_id != row.reading_clinic_id:
        own = doctor.clinic_id == study.clinic_id
        why = "Read in the clinic itself." if own else f"Read by {doctor.clinic}."
        _close(row, ReferralState.WITHDRAWN, by=None, reason=why)
        if row.accepted_by:
            _tell(row, "withdrawn", [row.accepted_by])
        return [Entry(study, "referral.withdrawn", rows=[Stored(row, CLOSED)])]
    fields = _take(row, doctor) if row.accepted_at is None else []
    row.read_at = row.returned_at = timezone.now()
    _close(row, ReferralState.RETURNED, "read_at", "returned_at", by=doctor)
    stored = Stored(row, sorted({*fields, *CLOSED, "read_at", "returned_at"}))
    return [Entry(study, "referral.returned", rows=[stored])]


def refer_covered(*, reading_clinic: Clinic | None = None) -> int:
    """Refer what agreements cover without being asked, and close what is over; how many were referred.

    Harmless at any time and from several at once: beat calls it, and so does the list of who reads.
    """
    close_over()
    agreements = ReadingAgreement.objects.filter(in_force()).exclude(covers=Covers.ASKED)
    if reading_clinic is not None:
        agreements = agreements.filter(reading_clinic=reading_clinic)
    placed = 0
    for agreement in agreements.select_related("reading_clinic").order_by("id"):
        for key in list(_covered(agreement).order_by("rank", "pk").values_list("pk", flat=True)[:AT_ONCE]):
            try:
                placed += _refer(key, agreement)
            except Exception:  # one that fails must not hold up the others
                logger.exception("study %s could not be referred", key)
    return placed


def close_over() -> int:
    """Close the referrals whose agreement or study is over; audit `referral.withdrawn`. How many."""
    over = Q(study__state__in=OVER) | ~Q(
        agreement__in=ReadingAgreement.objects.filter(in_force()).values("pk")
    )
    keys = Referral.objects.filter(over, is_open=True).order_by("pk").values_list("pk", "study_id")
    closed = 0
    for key, study in list(keys[:AT_ONCE]):
        try:
            closed += _close_if_over(key, study)
        except Exception:
            logger.exception("referral %s could not be closed", key)
    return closed


def _close_if_over(key: int, study: int) -> bool:
    with transaction.atomic():
        locked = worklist.lock(study)
        row = Referral.objects.select_related("agreement", "study").get(pk=key)
        ended = not row.agreement.in_force
        if not row.is_open or not (ended or locked.state in OVER):
            return False
        why = "The agreement is over." if ended else "The study is not to be read any more."
        _close(row, ReferralState.WITHDRAWN, by=None, reason=why)
        _tell_senders(row, "ended" if ended else "over")
        if row.accepted_by:
            _tell(row, "withdrawn", [row.accepted_by])
        history.write(locked, "referral.withdrawn", actor=SYSTEM, rows=[Stored(row, CLOSED)])
    return True


def _covered(agreement: ReadingAgreement) -> QuerySet[Study]:
    """The studies that the agreement covers and that somebody is to be asked to read.

    One that was read and is open again, by a new film or result, is asked for again; not where this clinic
    said no, nor where the sender took it back.
    """
    said_no = Q(agreement=agreement, state__in=(ReferralState.DECLINED, ReferralState.PASSED_ON))
    taken_back = Q(state=ReferralState.WITHDRAWN, closed_by__isnull=False)
    settled = Referral.objects.filter(Q(is_open=True) | said_no | taken_back, study=OuterRef("pk"))
    found = Study.objects.filter(
        ~Exists(settled), clinic=agreement.clinic_id, rank__lt=worklist.RANK_DONE, state__in=WAITS
    )
    return found.filter(urgent=True) if agreement.covers == Covers.URGENT else found


def _refer(key: int, agreement: ReadingAgreement) -> bool:
    with transaction.atomic():
        locked = worklist.lock(key)
        if not _covered(agreement).filter(pk=key).exists():
            return False
        _, entry = _asked(locked, agreement, by=None)
        history.write_all([entry], actor=SYSTEM)
    return True


def _asked(
    study: Study,
    agreement: ReadingAgreement,
    *,
    by: User | None,
    question: str = "",
    passed_from: Referral | None = None,
) -> tuple[Referral, Entry]:
    """A new row; where nobody asks, the agreement itself says that it is accepted."""
    referral = Referral.objects.create(
        study=study,
        clinic_id=study.clinic_id,
        reading_clinic_id=agreement.reading_clinic_id,
        agreement=agreement,
        passed_from=passed_from,
        question=spelling.tidy(question)[:500],
        asked_by=by,
        accepted_at=None if by else timezone.now(),
        state=ReferralState.REQUESTED if by else ReferralState.ACCEPTED,
    )
    readers = people_of(agreement.reading_clinic_id, Role.DOCTOR)
    if by:
        _tell(referral, "asked", readers)
    elif study.urgent:
        notice.tell(NoticeKind.URGENT_WAITING, study=study, to=readers)
    action = "referral.requested" if by else "referral.covered"
    return referral, Entry(study, action, {"to": agreement.reading_clinic.name}, rows=[Stored(referral)])


def _open_row(referral: Referral, by: User) -> Referral:
    """The referral, its study locked. Raises NotReferred unless `by` may decide about it."""
    worklist.lock(referral.study_id)
    row = Referral.objects.select_related("agreement", "study").get(pk=referral.pk)
    if not may_review(by) or by.clinic_id != row.reading_clinic_id or not row.agreement.in_force:
        raise NotReferred("Only doctors of the clinic that was asked to read decide about it.")
    if not row.is_open:
        raise NotReferred(f"This is over already: {row.get_state_display().lower()}. Nothing was changed.")
    return row


def _check_counts(agreement: ReadingAgreement, clinic_id: int) -> None:
    if agreement.clinic_id != clinic_id or not agreement.in_force:
        raise NotReferred("That agreement does not count any more. Choose another clinic.")


def _check_free(study: Study) -> None:
    if study.cancelled_at is not None:
        raise NotReferred("The study is cancelled. Reopen it before you ask somebody to read it.")
    if not study.films_counted:
        raise NotReferred("The study has no film that counts yet. Add one, then ask.")
    if (other := open_referral(study)) is not None:
        raise NotReferred(f"{other.reading_clinic} was asked to read it already.")


def _tell_senders(row: Referral, step: str) -> None:
    _tell(row, step, askers_of(row))


def _tell(row: Referral, step: str, people: Iterable[User]) -> None:
    webhooks.queue(WebhookKind.REFERRAL, study=row.study, about=f"{step}:{row.public_id}")
    notice.tell(NoticeKind.REFERRAL, study=row.study, to=people, about=f"{step} {row.public_id}", detail=step)


def _reason(reason: str) -> str:
    reason = spelling.tidy(reason)[:500]
    if not reason:
        raise NotReferred("Say why: the clinic that sent the study reads it.")
    return reason


def _take(row: Referral, by: User) -> list[str]:
    row.accepted_by, row.accepted_at, row.state = by, timezone.now(), ReferralState.ACCEPTED
    fields = ["accepted_by", "accepted_at", "state"]
    row.save(update_fields=fields)
    return fields


def _close(row: Referral, state: ReferralState, *more: str, by: User | None, reason: str = "") -> None:
    row.state, row.is_open, row.closed_at = state, None, timezone.now()
    row.closed_by, row.closed_reason = by, reason
    row.save(update_fields=[*CLOSED, *more])

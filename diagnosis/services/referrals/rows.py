"""What every step of a referral writes on its row, and who of the two clinics is told of it."""

from collections.abc import Iterable
from typing import Final

from django.utils import timezone

from accounts.audit import Stored
from accounts.models import Role, User
from accounts.models.membership import people_of
from diagnosis import spelling
from diagnosis.models import (
    NoticeKind,
    OverdueNotice,
    ReadingAgreement,
    Referral,
    ReferralState,
    Study,
    WebhookKind,
)
from diagnosis.services import notice, webhooks
from diagnosis.services.history import Entry

MOST_LETTERS: Final = 500
CLOSED: Final = ("state", "is_open", "closed_by", "closed_at", "closed_reason")


class NotReferred(Exception):
    """The step was not taken; `message` says why and what to do."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def words_of(typed: str) -> str:
    """What somebody typed, as it is kept. Raises NotReferred for what cannot be kept whole."""
    words = spelling.tidy(typed)
    if problem := spelling.fault(words):
        raise NotReferred(problem)
    if len(words) > MOST_LETTERS:
        raise NotReferred(f"Write at most {MOST_LETTERS} letters; these are {len(words)}.")
    return words


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


def asked(
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
        question=words_of(question),
        asked_by=by,
        accepted_at=None if by else timezone.now(),
        state=ReferralState.REQUESTED if by else ReferralState.ACCEPTED,
    )
    readers = people_of(agreement.reading_clinic_id, Role.DOCTOR)
    if by:
        tell(referral, "asked", readers)
    elif study.urgent:
        notice.tell(NoticeKind.URGENT_WAITING, study=study, to=readers)
    elif OverdueNotice.objects.filter(study=study).exists():  # told before these readers had it
        notice.tell(NoticeKind.OVERDUE, study=study, to=readers)
    action = "referral.requested" if by else "referral.covered"
    return referral, Entry(study, action, {"to": agreement.reading_clinic.name}, rows=[Stored(referral)])


def tell_senders(row: Referral, step: str) -> None:
    tell(row, step, askers_of(row))


def tell(row: Referral, step: str, people: Iterable[User]) -> None:
    webhooks.queue(WebhookKind.REFERRAL, study=row.study, about=f"{step}:{row.public_id}")
    notice.tell(NoticeKind.REFERRAL, study=row.study, to=people, about=f"{step} {row.public_id}", detail=step)


def take(row: Referral, by: User) -> list[str]:
    row.accepted_by, row.accepted_at, row.state = by, timezone.now(), ReferralState.ACCEPTED
    fields = ["accepted_by", "accepted_at", "state"]
    row.save(update_fields=fields)
    return fields


def close(row: Referral, state: ReferralState, *more: str, by: User | None, reason: str = "") -> None:
    row.state, row.is_open, row.closed_at = state, None, timezone.now()
    row.closed_by, row.closed_reason = by, reason
    row.save(update_fields=[*CLOSED, *more])

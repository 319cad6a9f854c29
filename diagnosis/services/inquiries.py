"""Questions that a reading doctor sends back about a study, and what its clinic answers."""

from django.db import transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import Role, User
from accounts.models.membership import people_of
from accounts.permissions import may_submit
from diagnosis import spelling
from diagnosis.models import Inquiry, NoticeKind, Referral, Study, WebhookKind
from diagnosis.services import history, notice, referrals, referred, webhooks, worklist

MOST_LETTERS = 1000
ANSWER = ("answer", "answered_by", "answered_at")


class NotSent(Exception):
    """Nothing was sent; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def of(study: Study) -> list[Inquiry]:
    """What was asked about the study, the first first."""
    found = Inquiry.objects.filter(study=study)
    return list(found.select_related("asked_by", "answered_by", "referral__reading_clinic"))


def ask(*, referral: Referral, by: User, question: str) -> Inquiry:
    """Send a question back to the clinic of the study; audit `inquiry.asked`, without its words.

    Sent twice it is one. Raises NotSent.
    """
    words = _words(question, "Write what you want to know.")
    with transaction.atomic():
        locked = worklist.lock(referral.study_id)
        if by.clinic_id != referral.reading_clinic_id or not referred.may_read(by, locked):
            raise NotSent("Only doctors who may read the study ask about it.")
        same = Inquiry.objects.filter(study=locked, asked_by=by, question=words, answered_at=None).first()
        if same is not None:
            return same
        inquiry = Inquiry.objects.create(referral=referral, study=locked, question=words, asked_by=by)
        notice.tell(
            NoticeKind.QUESTION, study=locked, to=referrals.askers_of(referral), about=str(inquiry.public_id)
        )
        webhooks.queue(WebhookKind.QUESTION, study=locked, about=str(inquiry.public_id))
        history.write(locked, "inquiry.asked", actor=by, rows=[Stored(inquiry)])
    return inquiry


def answer(*, inquiry: Inquiry, by: User, words: str) -> bool:
    """Answer a question; audit `inquiry.answered`. False if somebody did already. Raises NotSent."""
    said = _words(words, "Write an answer.")
    with transaction.atomic():
        locked = worklist.lock(inquiry.study_id)
        if not may_submit(by) or by.clinic_id != locked.clinic_id:
            raise NotSent("Only people of the clinic that took the films answer.")
        row = Inquiry.objects.select_related("referral").get(pk=inquiry.pk)
        if row.answered_at is not None:
            return False
        row.answer, row.answered_by, row.answered_at = said, by, timezone.now()
        row.save(update_fields=ANSWER)
        notice.tell(NoticeKind.ANSWER, study=locked, to=_readers_of(row), about=str(row.public_id))
        webhooks.queue(WebhookKind.ANSWER, study=locked, about=str(row.public_id))
        history.write(locked, "inquiry.answered", actor=by, rows=[Stored(row, ANSWER)])
    return True


def _readers_of(row: Inquiry) -> list[User]:
    """Who hears the answer: whoever asked, or their colleagues where they read there no more."""
    doctors = people_of(row.referral.reading_clinic_id, Role.DOCTOR)
    return list(doctors.filter(pk=row.asked_by_id)) or list(doctors.order_by("pk"))


def _words(typed: str, missing: str) -> str:
    words = spelling.tidy(typed)
    if problem := spelling.fault(words, lines=True):
        raise NotSent(problem)
    if not words:
        raise NotSent(missing)
    if len(words) > MOST_LETTERS:
        raise NotSent(f"Write at most {MOST_LETTERS} letters; these are {len(words)}.")
    return words

"""Mails what is due: one mail for all that a person is to be told, with links alone."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from accounts import notices
from accounts.models import User
from diagnosis.models import Notice
from diagnosis.services.notice.words import advice, mailed, subject

AT_ONCE: Final = 100  # people
AGAIN: Final = timedelta(minutes=5)
GIVEN_UP: Final = timedelta(days=1)


def mail_due(people: Collection[int] | None = None) -> int:
    """Mail these people, or everybody, what is due; how many mails left. Beat calls it, too.

    The first mail that cannot be sent ends the round: a server that is away would hold up each one.
    """
    due = Notice.objects.filter(mail_due_at__lte=timezone.now())
    if people is not None:
        due = due.filter(person__in=people)
    sent = 0
    # who waits longest first: addresses that are refused each time must not keep the others from their turn
    turns = due.values("person").annotate(since=Min("mail_due_at")).order_by("since", "person")
    for person in turns.values_list("person", flat=True)[:AT_ONCE]:
        taken = _take(person)
        if not taken:
            continue
        if not _send(taken):
            _give_up_old(taken)
            break
        _of(taken).update(mail_due_at=None, mailed_at=timezone.now())
        sent += 1
    return sent


def _take(person: int) -> list[Notice]:
    """What is due for the person, which nobody else mails meanwhile, and later again if this process dies."""
    with transaction.atomic():
        due = Notice.objects.select_for_update().filter(person=person, mail_due_at__lte=timezone.now())
        taken = list(due.order_by("pk"))
        _of(taken).update(mail_due_at=timezone.now() + AGAIN)
    return taken


def _give_up_old(taken: list[Notice]) -> None:
    """The others are tried again for a day: what is older, the person finds in the portal."""
    _of(taken).filter(made_at__lt=timezone.now() - GIVEN_UP).update(mail_due_at=None)


def _of(taken: list[Notice]) -> QuerySet[Notice]:
    return Notice.objects.filter(pk__in=[notice.pk for notice in taken])


def _send(taken: list[Notice]) -> bool:
    """Whether the mail left, or has nobody to go to any more."""
    person = User.objects.filter(pk=taken[0].person_id).first()
    if person is None or not person.is_approved:
        return True
    studies = dict(_of(taken).values_list("pk", "study__public_id"))
    lines = [
        notices.Line(
            mailed(notice.kind, notice.detail), advice(notice.kind, notice.detail), studies[notice.pk]
        )
        for notice in taken
    ]
    return notices.mail_notices(person, subject=subject(taken), lines=lines)

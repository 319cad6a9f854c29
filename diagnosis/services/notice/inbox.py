"""What waits for a person in the portal, and what they have seen of it."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from diagnosis.models import CriticalResult, Inquiry, Notice, Study
from diagnosis.models.study import DONE_STATES

MANY: Final = 100  # unread ones are told as "100+"
DELETED_AT_ONCE: Final = 2000


def unread(person: object) -> int:
    """How many the person has not read; counted up to one more than MANY."""
    if not isinstance(person, User):
        return 0
    return _unread(person)[: MANY + 1].count()


def mark_read(person: User, *, notice: UUID | None = None) -> int:
    """Mark all of the person's as read, or one; how many were not."""
    found = _unread(person)
    if notice is not None:
        found = found.filter(public_id=notice)
    return found.update(read_at=timezone.now())


def seen(person: object, study: Study) -> None:
    """The person opened the study: they know what its notices tell."""
    if (
        isinstance(person, User) and _unread(person).filter(study=study).exists()
    ):  # a look writes nothing else
        _unread(person).filter(study=study).update(read_at=timezone.now())


def over(study: Study, kinds: Collection[str]) -> None:
    """Nobody needs to do anything about these any more: they count as read, for everybody.

    Where the study opens again, it is told anew: these no longer stand for what waits then.
    """
    found, now = Notice.objects.filter(study=study, kind__in=kinds), timezone.now()
    found.filter(mail_due_at__isnull=False).update(mail_due_at=None)
    found.filter(read_at=None).update(read_at=now)
    found.filter(about="").update(about=f"over {now.isoformat()}")


def forget_old() -> int:
    """Delete what was read NOTICE_DAYS ago, and nothing about a study that waits for somebody; how many.

    The events that they told of are on record. While a study waits, its notices keep their readers from being
    told the same twice.
    """
    if not settings.NOTICE_DAYS:
        return 0
    critical = CriticalResult.objects.filter(study=OuterRef("study"), is_open=True)
    asked = Inquiry.objects.filter(study=OuterRef("study"), answered_at=None)
    old = Notice.objects.filter(
        ~Exists(critical),
        ~Exists(asked),
        read_at__lt=timezone.now() - timedelta(days=settings.NOTICE_DAYS),
        mail_due_at=None,
        study__state__in=DONE_STATES,
    )
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:DELETED_AT_ONCE])
    return Notice.objects.filter(pk__in=keys).delete()[0]


def _unread(person: User) -> QuerySet[Notice]:
    return Notice.objects.filter(person=person, read_at=None)

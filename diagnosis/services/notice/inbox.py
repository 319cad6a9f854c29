"""What waits for a person in the portal, and what they have seen of it."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from diagnosis.models import Notice, Study

MANY: Final = 100  # unread ones are told as "100+"


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
    """Nobody needs to do anything about these any more: they count as read, for everybody."""
    found = Notice.objects.filter(study=study, kind__in=kinds)
    found.filter(mail_due_at__isnull=False).update(mail_due_at=None)
    found.filter(read_at=None).update(read_at=timezone.now())


def _unread(person: User) -> QuerySet[Notice]:
    return Notice.objects.filter(person=person, read_at=None)

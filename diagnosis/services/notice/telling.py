"""Makes notices: one row for each person and thing, which the unique key sees to."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Role, User
from accounts.models.membership import people_of
from diagnosis.models import Notice, Study
from diagnosis.services.notice.choices import Choice, chosen, key_of, usual
from diagnosis.services.notice.mailing import mail_due

_together: ContextVar[set[int] | None] = ContextVar("people who are mailed together", default=None)


def doctors_of(clinic_id: int) -> QuerySet[User]:
    """The doctors of a clinic who may read its films."""
    return people_of(clinic_id, Role.DOCTOR).order_by("pk")


def tell(kind: str, *, study: Study, to: Iterable[User], about: str = "", detail: str = "") -> int:
    """Tell these people one thing about a study, in the caller's transaction; how many were told now.

    Nobody is told the same twice, however often and from wherever this is called, and by several at once.
    Whoever wants neither portal nor mail for this kind is left out. `about` tells two things of one kind
    apart; `detail`: the code that the words are chosen by. Mails leave after the commit.
    """
    return tell_of_all(kind, studies=[study], to=to, about=about, detail=detail)


def tell_of_all(
    kind: str, *, studies: Sequence[Study], to: Iterable[User], about: str = "", detail: str = ""
) -> int:
    """`tell` of several studies of one clinic: one mail to each person names them all."""
    people = {person.pk for person in to if person.is_approved}
    if not people or not studies:
        return 0
    key = key_of(kind, detail)
    own, else_usual = chosen(people, key), usual(key, studies[0].clinic_id)
    known = Notice.objects.filter(person__in=people, kind=kind, study__in=studies, about=about)
    told = set(known.values_list("person", "study"))
    ways = {person: own.get(person, else_usual) for person in sorted(people)}  # callers in one order
    return _stored(
        [
            _notice(person, way, kind=kind, study=study, about=about, detail=detail)
            for study in studies
            for person, way in ways.items()
            if (person, study.pk) not in told and (way.in_portal or way.by_mail)
        ]
    )


@contextmanager
def together() -> Iterator[None]:
    """Mail at the end what is told inside, in one transaction or many: one mail to each person names all."""
    people: set[int] = set()
    earlier = _together.set(people)
    try:
        yield
    finally:
        _together.reset(earlier)
        _mail_on_commit(people)


def was_told(kind: str, *, study: Study, person: User) -> bool:
    """Whether the person was told something of this kind about the study before."""
    return Notice.objects.filter(person=person, kind=kind, study=study).exists()


def _notice(person: int, way: Choice, *, study: Study, **facts: str) -> Notice:
    now = timezone.now()
    return Notice(
        person_id=person,
        clinic_id=study.clinic_id,
        study=study,
        in_portal=way.in_portal,
        made_at=now,
        read_at=None if way.in_portal else now,
        mail_due_at=now if way.by_mail else None,
        **facts,
    )


def _stored(rows: list[Notice]) -> int:
    """Insert those that nobody else has inserted meanwhile; how many they are."""
    if not rows:
        return 0
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    mailed, waiting = {row.person_id for row in rows if row.mail_due_at}, _together.get()
    if waiting is None:
        _mail_on_commit(mailed)
    else:
        waiting |= mailed
    return Notice.objects.filter(public_id__in=[row.public_id for row in rows]).count()


def _mail_on_commit(people: set[int]) -> None:
    if people:
        transaction.on_commit(partial(mail_due, people=people), robust=True)

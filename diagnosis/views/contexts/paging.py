"""Keyset pagination of the worklist: a new study does not move other rows to another page."""

from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import QueryDict

from diagnosis.models import Study

SIZE = 25
_SALT = "worklist"

Key = tuple[int, datetime, int]


@dataclass(frozen=True)
class Page:
    """Up to `SIZE` studies in worklist order, with the cursors of the adjacent pages ("" if none)."""

    studies: list[Study]
    next: str
    previous: str


def page_of(studies: QuerySet[Study], asked: QueryDict) -> Page:
    """The page after or before a cursor; a damaged or forged cursor leads to the first page."""
    after, before = _read(asked.get("after")), _read(asked.get("before"))
    if before:
        rows = list(studies.filter(_earlier(before)).order_by("-rank", "created_at", "id")[: SIZE + 1])[::-1]
        if len(rows) > SIZE:
            rows = rows[1:]
            return Page(rows, next=_write(rows[-1]), previous=_write(rows[0]))
        # Too close to the start for a full page: show the first page instead.
        after = None
    ordered = studies.order_by("rank", "-created_at", "-id")
    rows = list((ordered.filter(_later(after)) if after else ordered)[: SIZE + 1])
    more, rows = len(rows) > SIZE, rows[:SIZE]
    return Page(
        rows,
        next=_write(rows[-1]) if more else "",
        previous=_write(rows[0]) if after and rows else "",
    )


def _later(key: Key) -> Q:
    rank, created_at, pk = key
    return Q(rank__gte=rank) & (
        Q(rank__gt=rank) | Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=pk)
    )


def _earlier(key: Key) -> Q:
    rank, created_at, pk = key
    return Q(rank__lte=rank) & (
        Q(rank__lt=rank) | Q(created_at__gt=created_at) | Q(created_at=created_at, pk__gt=pk)
    )


def _write(study: Study) -> str:
    return signing.dumps([study.rank, study.created_at.isoformat(), study.pk], salt=_SALT)


def _read(cursor: str | None) -> Key | None:
    if not cursor:
        return None
    try:
        rank, created_at, pk = signing.loads(cursor, salt=_SALT)
        return int(rank), datetime.fromisoformat(created_at), int(pk)
    except (signing.BadSignature, ValueError, TypeError):
        return None

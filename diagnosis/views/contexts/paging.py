"""Keyset pagination of the worklist: a new study does not move other rows to another page.

The order has two parts: studies to be read by rank, within a rank by place (the score, where no limits
count), and then the one that waits longest first; then the reviewed ones, the newest first.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import QueryDict

from diagnosis.models import Study
from diagnosis.services.worklist import RANK_DONE

SIZE = 25
_SALT = "worklist"
_OPEN, _DONE = Q(rank__lt=RANK_DONE), Q(rank=RANK_DONE)

Studies = QuerySet[Study]
Key = tuple[int, int, datetime, int]


@dataclass(frozen=True)
class Page:
    """Up to `SIZE` studies in worklist order, with the cursors of the adjacent pages ("" if none)."""

    studies: list[Study]
    next: str
    previous: str


def page_of(studies: Studies, asked: QueryDict) -> Page:
    """The page after or before a cursor; a damaged or forged cursor leads to the first page."""
    after, before = _read(asked.get("after")), _read(asked.get("before"))
    if before:
        rows = _backwards(studies, before, SIZE + 1)[::-1]
        if len(rows) > SIZE:
            rows = rows[1:]
            return Page(rows, next=_write(rows[-1]), previous=_write(rows[0]))
        # Too close to the start for a full page: show the first page instead.
        after = None
    rows = _forwards(studies, after, SIZE + 1)
    more, rows = len(rows) > SIZE, rows[:SIZE]
    return Page(
        rows,
        next=_write(rows[-1]) if more else "",
        previous=_write(rows[0]) if after and rows else "",
    )


def first_in_line(studies: Studies) -> Study | None:
    """The study at the top of the worklist, or None."""
    return next(iter(_forwards(studies, None, 1)), None)


def _forwards(studies: Studies, after: Key | None, count: int) -> list[Study]:
    rows: list[Study] = []
    if after is None or after[0] < RANK_DONE:
        waiting = studies.filter(_OPEN).order_by("rank", "place", "created_at", "id")
        rows = list((waiting.filter(_behind(after)) if after else waiting)[:count])
        after = None
    if len(rows) < count:
        done = studies.filter(_DONE).order_by("-created_at", "-id")
        rows += (done.filter(_older(after)) if after else done)[: count - len(rows)]
    return rows


def _backwards(studies: Studies, before: Key, count: int) -> list[Study]:
    """The studies before a key, the nearest first."""
    rows: list[Study] = []
    if before[0] >= RANK_DONE:
        done = studies.filter(_DONE).order_by("created_at", "id")
        rows = list(done.filter(_newer(before))[:count])
    if len(rows) < count:
        waiting = studies.filter(_OPEN).order_by("-rank", "-place", "-created_at", "-id")
        rows += waiting.filter(_ahead(before))[: count - len(rows)]
    return rows


def _behind(key: Key) -> Q:
    rank, place = key[:2]
    later = Q(place__gt=place) | Q(place=place) & _newer(key)
    return Q(rank__gte=rank) & (Q(rank__gt=rank) | later)


def _ahead(key: Key) -> Q:
    rank, place = key[:2]
    earlier = Q(place__lt=place) | Q(place=place) & _older(key)
    return Q(rank__lte=rank) & (Q(rank__lt=rank) | earlier)


def _newer(key: Key) -> Q:
    created_at, pk = key[2:]
    return Q(created_at__gt=created_at) | Q(created_at=created_at, pk__gt=pk)


def _older(key: Key) -> Q:
    created_at, pk = key[2:]
    return Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=pk)


def _write(study: Study) -> str:
    return signing.dumps([study.rank, study.place, study.created_at.isoformat(), study.pk], salt=_SALT)


def _read(cursor: str | None) -> Key | None:
    if not cursor:
        return None
    try:
        rank, place, created_at, pk = signing.loads(cursor, salt=_SALT)
        return int(rank), int(place), datetime.fromisoformat(created_at), int(pk)
    except (signing.BadSignature, ValueError, TypeError):
        return None

"""Keyset pagination of the worklist: a new study does not move other rows to another page.

The order of the whole list has two parts: studies to be read by rank, within a rank by place (the score,
where no limits count), and then the one that waits longest first; then the reviewed ones, the newest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.http import QueryDict

from diagnosis.models import Study
from diagnosis.views.contexts.ordering import WHOLE, Key, Part

SIZE = 25
_SALT = "worklist"

Studies = QuerySet[Study]


@dataclass(frozen=True)
class Page:
    """Up to `SIZE` studies in the list's order, with the cursors of the adjacent pages ("" if none)."""

    studies: list[Study]
    next: str
    previous: str


@dataclass(frozen=True)
class Place:
    """A study's place in a list: the part that it stands in and its key there."""

    part: int
    key: Key


def page_of(studies: Studies, parts: Sequence[Part], asked: QueryDict, *, order: str = "") -> Page:
    """The page after or before a cursor; a damaged, forged or foreign cursor leads to the first page.

    `order` names the list's order: a cursor of another one is foreign.
    """
    after, before = _read(asked.get("after"), order, parts), _read(asked.get("before"), order, parts)
    if before:
        found = _backwards(studies, parts, before, SIZE + 1)[::-1]
        if len(found) > SIZE:
            found = found[1:]
            ends = _write(parts, found[-1], order), _write(parts, found[0], order)
            return Page([study for _, study in found], next=ends[0], previous=ends[1])
        # Too close to the start for a full page: show the first page instead.
        after = None
    found = _forwards(studies, parts, after, SIZE + 1)
    more, found = len(found) > SIZE, found[:SIZE]
    return Page(
        [study for _, study in found],
        next=_write(parts, found[-1], order) if more else "",
        previous=_write(parts, found[0], order) if after and found else "",
    )


def first_in_line(
    studies: Studies, parts: Sequence[Part] = WHOLE, *, after: Place | None = None
) -> Study | None:
    """The first study of a list, or the first behind a place; None if there is none."""
    return next((study for _, study in _forwards(studies, parts, after, 1)), None)


def place_of(study: Study, part: int, parts: Sequence[Part]) -> Place:
    """Where the study stands, or would stand, in one of the parts."""
    return Place(part, parts[part].key_of(study))


Found = list[tuple[int, Study]]


def _forwards(studies: Studies, parts: Sequence[Part], after: Place | None, count: int) -> Found:
    rows: Found = []
    for number in range(after.part if after else 0, len(parts)):
        beside = after.key if after and after.part == number else None
        found = parts[number].page(studies, beside=beside, count=count - len(rows))
        rows += [(number, study) for study in found]
        if len(rows) >= count:
            break
    return rows


def _backwards(studies: Studies, parts: Sequence[Part], before: Place, count: int) -> Found:
    """The studies before a place, the nearest first."""
    rows: Found = []
    for number in range(before.part, -1, -1):
        beside = before.key if before.part == number else None
        found = parts[number].page(studies, beside=beside, count=count - len(rows), backwards=True)
        rows += [(number, study) for study in found]
        if len(rows) >= count:
            break
    return rows


def _write(parts: Sequence[Part], end: tuple[int, Study], order: str) -> str:
    number, study = end
    key = [_plain(value) for value in parts[number].key_of(study)]
    return signing.dumps([order, number, key], salt=_SALT)


def _read(cursor: str | None, order: str, parts: Sequence[Part]) -> Place | None:
    if not cursor:
        return None
    try:
        named, number, key = signing.loads(cursor, salt=_SALT)
        place = Place(int(number), tuple(_value(value) for value in key))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return place if named == order and 0 <= place.part < len(parts) else None


def _plain(value: Any) -> Any:
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _value(value: Any) -> Any:
    return datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value

"""The orders in which studies are listed, and the parts that a list is made of.

A part either follows an index, so that a page of it costs the same among a million studies, or is small (what
a search found, the open studies of a clinic) and is put in order here.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.datastructures import BaseTable

from diagnosis.filters import WorklistFilter
from diagnosis.models import Study
from diagnosis.models.study import FINEST
from diagnosis.services import tabs
from diagnosis.services.worklist import RANK_DONE

Studies = QuerySet[Study]
Key = tuple[Any, ...]
MOST_SORTED: Final = 5000  # put in order here; a clinic with more open studies sees the most urgent of them
SORTS: Final = {
    "": "Urgency, longest wait first",
    "waiting": "Longest wait first",
    "patient": "Patient’s name",
    "network": "Most abnormal first",
    "taken": "Film taken last",
}
_URGENCY: Final = ("rank", "place", "created_at", "id")


@dataclass(frozen=True)
class Indexed:
    """Studies in the order of an index; `keys` are its columns, "-" before all of them for backwards.

    `index`: its name, where the database is not to choose another way.
    """

    where: Q
    keys: tuple[str, ...]
    alternatives: Sequence[Q] = ()
    index: str = ""

    def key_of(self, study: Study) -> Key:
        return tuple(getattr(study, name.lstrip("-")) for name in self.keys)

    def page(
        self, studies: Studies, *, beside: Key | None, count: int, backwards: bool = False
    ) -> list[Study]:
        """The studies after (or before, the nearest first) a key."""
        descending = self.keys[0].startswith("-") != backwards
        names = [name.lstrip("-") for name in self.keys]
        order = [f"-{name}" if descending else name for name in names]
        narrowed = studies.filter(self.where)
        if beside is not None:
            narrowed = narrowed.filter(_beyond(names, beside, "lt" if descending else "gt"))
        piles = [narrowed.filter(one) for one in self.alternatives] or [narrowed]
        rows = {
            study.pk: study for pile in piles for study in _through(self.index, pile.order_by(*order)[:count])
        }
        merged = sorted(
            rows.values(), key=lambda study: [getattr(study, name) for name in names], reverse=descending
        )
        return merged[:count]


@dataclass(frozen=True)
class Sorted:
    """A bounded number of studies, put in order by `value` of the named columns, which ends with the id."""

    where: Q
    columns: tuple[str, ...]
    value: Callable[..., Key]
    alternatives: Sequence[Q] = ()

    def key_of(self, study: Study) -> Key:
        return self.value(*(_column(study, name) for name in self.columns))

    def page(
        self, studies: Studies, *, beside: Key | None, count: int, backwards: bool = False
    ) -> list[Study]:
        narrowed = studies.filter(self.where)
        if self.alternatives:
            either = Q()
            for one in self.alternatives:
                either |= one
            narrowed = narrowed.filter(either)
        rows = narrowed.order_by().values_list(*self.columns)[:MOST_SORTED]
        keys = sorted((self.value(*row) for row in rows), reverse=backwards)
        if beside is not None:
            keys = [key for key in keys if (key < beside if backwards else key > beside)]
        wanted = [key[-1] for key in keys[:count]]
        # by number: no order that would tempt the database to walk an index
        found = {
            abs(study.pk): study for study in studies.filter(pk__in=[abs(pk) for pk in wanted]).order_by()
        }
        return [found[abs(pk)] for pk in wanted if abs(pk) in found]


class _Through(BaseTable):
    """The studies by one of their indexes: MariaDB would enter it at its end, and read on to the place."""

    index = ""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        sql, values = super().as_sql(compiler, connection)
        if connection.vendor == "mysql":
            sql += f" FORCE INDEX ({connection.ops.quote_name(self.index)})"
        return sql, values


def _through(index: str, studies: Studies) -> Studies:
    if index:
        table = Study._meta.db_table
        studies.query.alias_map[table] = through = _Through(table, table)
        through.index = index
    return studies


Part = Indexed | Sorted
_NEWEST: Final = ("-created_at", "-id")
_LAST_TAKEN: Final = ("-taken_at", "-id")
_DONE_BY: Final = {_NEWEST: "study_worklist", _LAST_TAKEN: "study_rank_taken"}
WHOLE: Final[tuple[Part, ...]] = (Indexed(tabs.OPEN, _URGENCY), Indexed(tabs.DONE, _NEWEST))


def parts_of(narrowed: WorklistFilter, *, sort: str = "") -> list[Part]:
    """The parts of a list, in the order in which they are shown. Ask for `narrowed.qs` before."""
    if narrowed.open_tab.name == tabs.DONE_TODAY:
        today = Q(done_at__gte=tabs.midnight())
        return [_part(narrowed, today, ("-done_at", "-id"))]
    newest = _LAST_TAKEN if narrowed.by_time_taken else _NEWEST
    done = Q(rank=RANK_DONE) if narrowed.by_time_taken else tabs.DONE
    waiting: Part
    if sort in _BY_COLUMN:
        columns, value = _BY_COLUMN[sort]
        waiting = Sorted(tabs.OPEN, columns, _telling(value, narrowed.untold), narrowed.alternatives)
    else:
        waiting = _part(narrowed, tabs.OPEN, _URGENCY)
    if narrowed.open_tab.name:
        return [waiting]
    by_index = "" if narrowed.has_own_index else _DONE_BY[newest]
    return [waiting, _part(narrowed, done, newest, index=by_index)]


def _part(narrowed: WorklistFilter, where: Q, keys: tuple[str, ...], *, index: str = "") -> Part:
    if not narrowed.form.cleaned_data.get("q"):
        return Indexed(where, keys, narrowed.alternatives, index)
    names = tuple(name.lstrip("-") for name in keys)
    value = _newest_first if keys[0].startswith("-") else _as_they_are
    return Sorted(where, names, value, narrowed.alternatives)


def _beyond(names: Sequence[str], beside: Key, sign: str) -> Q:
    """Behind a key, with a range of the index's first column before all else."""
    name, value = names[0], beside[0]
    if len(names) == 1:
        return Q(**{f"{name}__{sign}": value})
    further = Q(**{f"{name}__{sign}": value}) | Q(**{name: value}) & _beyond(names[1:], beside[1:], sign)
    return Q(**{f"{name}__{sign}e": value}) & further


def _column(study: Study, name: str) -> Any:
    found: Any = study
    for part in name.split("__"):
        found = getattr(found, part)
    return found


def _comparable(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


def _as_they_are(*values: Any) -> Key:
    return tuple(_comparable(value) for value in values)


def _newest_first(*values: Any) -> Key:
    return tuple(-_comparable(value) for value in values)


def _abnormal_first(
    place: int, finding: str, probability: float | None, created_at: datetime, pk: int
) -> Key:
    abnormal = -1.0
    if place:
        abnormal = 1 - (place - 1) / FINEST
    elif probability is not None:
        abnormal = 1 - probability if finding == "normal" else probability
    return -abnormal, created_at.timestamp(), pk


def _by_name(last: str, first: str, number: str, pk: int) -> Key:
    return (not (last or first), last, first, number, pk)


_BY_COLUMN: Final[dict[str, tuple[tuple[str, ...], Callable[..., Key]]]] = {
    "waiting": (("created_at", "id"), _as_they_are),
    "taken": (("taken_at", "id"), _newest_first),
    "patient": (("patient__last_name_key", "patient__first_name_key", "patient__number_key", "id"), _by_name),
    "network": (("place", "network_finding", "network_probability", "created_at", "id"), _abnormal_first),
}


def _telling(value: Callable[..., Key], untold: Collection[int]) -> Callable[..., Key]:
    """The order, with studies last by the network's answer of which the reader is not told it."""
    if value is not _abnormal_first or not untold:
        return value

    def told(place: int, finding: str, probability: float | None, created_at: datetime, pk: int) -> Key:
        known = (0, "", None) if pk in untold else (place, finding, probability)
        return _abnormal_first(*known, created_at, pk)

    return told

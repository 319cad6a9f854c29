"""A doctor's run through the worklist: what it is narrowed to, which study comes next, and how far it is."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from accounts.models import User
from diagnosis.access import reads_for_others, referred_studies_for, signatures_for
from diagnosis.filters import WorklistFilter
from diagnosis.models import Study, StudyState
from diagnosis.services import claims, referred, tabs
from diagnosis.services.worklist import RANK_URGENT
from diagnosis.views.contexts import paging
from diagnosis.views.contexts.blind import all_to_read_blind
from diagnosis.views.contexts.narrowed import narrowed
from diagnosis.views.contexts.ordering import SORTS, Part, parts_of
from diagnosis.views.contexts.paging import first_in_line

Narrowing = dict[str, str]
LONGEST: Final = 200
COUNTED: Final = 999  # a longer run is told as this long: nobody waits for a count
ORDER: Final = ("sort",)


@dataclass(frozen=True)
class Place:
    """Where a run is: its third study of twelve. An address carries it along, for display only."""

    at: int = 0
    of: int = 0

    @property
    def following(self) -> "Place":
        return Place(self.at + 1, max(self.of, self.at + 1)) if self.of else self

    @property
    def as_fields(self) -> dict[str, str]:
        return {"at": str(self.at), "of": str(self.of)} if self.of else {}


def narrowing_of(asked: QueryDict) -> Narrowing:
    """The worklist's filters and order in an address; a study opened from it carries them along."""
    named = {name: asked.get(name, "") for name in (*WorklistFilter.base_filters, *ORDER)}
    return {name: value[:LONGEST] for name, value in named.items() if value and "\x00" not in value}


def narrowing_at(request: HttpRequest, study: Study) -> Narrowing:
    """The same for a study's page: another clinic's study, opened from a mail, begins a run through those."""
    narrowing, reader = narrowing_of(request.GET), request.user
    assert isinstance(reader, User)
    if not narrowing and study.clinic_id != reader.clinic_id and referred.may_read(reader, study):
        return {"tab": tabs.REFERRED}
    return narrowing


def as_query(narrowing: Narrowing) -> str:
    """The narrowing for the end of an address, with its question mark; empty if there is none."""
    return f"?{urlencode(narrowing)}" if narrowing else ""


def place_of(request: HttpRequest, study: Study) -> Place:
    """The place that the address names, else the run begins with this study if it waits to be read."""
    given = [request.GET.get(name, "") for name in ("at", "of")]
    if all(value.isascii() and value.isdigit() and len(value) < 5 for value in given):
        at, of = map(int, given)
        if 0 < at <= of:
            return Place(at, of)
    if study.state != StudyState.TO_REVIEW:
        return Place()
    assert isinstance(request.user, User)
    waiting, parts = _waiting(request.user, narrowing_at(request, study))
    return Place(1, 1 + _number(waiting.exclude(pk=study.pk), parts))


def way_on(request: HttpRequest, study: Study, *, place: Place) -> str:
    """Where a doctor goes after a study is signed: to the next of the run, or it is done and says so."""
    narrowing = narrowing_at(request, study)
    assert isinstance(request.user, User)
    following = next_to_review(request.user, after=study, narrowing=narrowing)
    if following is None:
        return reverse("study_detail", args=[study.public_id]) + as_query(narrowing | {"done": "1"})
    address = reverse("study_detail", args=[following.public_id])
    return address + as_query(narrowing | place.following.as_fields)


def next_to_review(
    user: User,
    *,
    after: Study | None = None,
    narrowing: Narrowing | None = None,
    untold: Collection[int] | None = None,
) -> Study | None:
    """The next study to read in the (narrowed) worklist, which no colleague has open.

    After a study: an urgent one that this doctor has not just had open; else the next one down the list; at
    its end, the first again. `untold`: `all_to_read_blind`, where that was asked for already.
    """
    waiting, parts = _waiting(user, narrowing or {}, untold)
    held = claims.held_by_others(user)
    if held:
        waiting = waiting.exclude(pk__in=held)
    if after is None:
        return first_in_line(waiting, parts)
    waiting = waiting.exclude(pk=after.pk)
    had = claims.held_by(user)
    urgent = first_in_line(waiting.filter(rank=RANK_URGENT).exclude(pk__in=had), parts)
    if urgent is not None:
        return urgent
    behind = paging.place_of(after, 0, parts)
    return first_in_line(waiting, parts, after=behind) or first_in_line(waiting, parts)


def waiting_in(user: User, narrowing: Narrowing, *, untold: Collection[int] | None = None) -> int:
    """How many studies wait for a doctor in the (narrowed) worklist, as far as is counted."""
    return _number(*_waiting(user, narrowing, untold))


def waiting_for_others(user: User) -> int | None:
    """How many studies other clinics refer here, as far as is counted; None where none can."""
    if reads_for_others(user) is None:
        return None
    return referred_studies_for(user, most=tabs.MOST_OWN).count()


def _number(waiting: QuerySet[Study], parts: list[Part]) -> int:
    either = Q()
    for one in parts[0].alternatives:
        either |= one
    return waiting.filter(either).order_by()[:COUNTED].count()


def _waiting(
    user: User, narrowing: Narrowing, untold: Collection[int] | None = None
) -> tuple[QuerySet[Study], list[Part]]:
    """The studies of the list that wait to be read, and the part of it in which they stand."""
    asked = QueryDict(mutable=True)
    asked.update(narrowing)
    untold = all_to_read_blind(user) if untold is None else untold
    listed = narrowed(asked, user, untold)
    states = {
        tabs.ATTENTION: [StudyState.PROBLEM],
        tabs.REFERRED: [StudyState.TO_REVIEW, StudyState.PROBLEM],  # it has no other tab for these
    }
    to_read = states.get(listed.open_tab.name, [StudyState.TO_REVIEW])
    found, sort = listed.qs.filter(tabs.OPEN, state__in=to_read), narrowing.get("sort", "")
    if own := list(signatures_for(user).filter(open=True).values_list("study", flat=True)):
        found = found.exclude(pk__in=own)  # signed, though only its doctor knows yet
    return found, parts_of(listed, sort=sort if sort in SORTS else "")[:1]

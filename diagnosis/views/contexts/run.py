"""A doctor's run through the worklist: what it is narrowed to, and which study comes next."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from accounts.models import User
from diagnosis.access import signatures_for, studies_for
from diagnosis.filters import WorklistFilter
from diagnosis.models import Study, StudyState
from diagnosis.views.contexts.paging import first_in_line

Narrowing = dict[str, str]
LONGEST = 200
COUNTED = 999  # a longer run is told as this long: nobody waits for a count


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
    """The worklist's filters in an address; a study opened from a narrowed list carries them along."""
    named = {name: asked.get(name, "") for name in WorklistFilter.base_filters}
    return {name: value[:LONGEST] for name, value in named.items() if value and "\x00" not in value}


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
    waiting = _waiting(request.user, study, narrowing_of(request.GET))  # type: ignore[arg-type]  # behind allowed_if
    return Place(1, 1 + waiting[:COUNTED].count())


def way_on(request: HttpRequest, study: Study, *, place: Place) -> str:
    """Where a doctor goes after a study is signed: to the next of the run, or it is done and says so."""
    narrowing = narrowing_of(request.GET)
    following = next_to_review(request.user, after=study, narrowing=narrowing)  # type: ignore[arg-type]  # behind allowed_if
    if following is None:
        return reverse("study_detail", args=[study.public_id]) + as_query(narrowing | {"done": "1"})
    address = reverse("study_detail", args=[following.public_id])
    return address + as_query(narrowing | place.following.as_fields)


def next_to_review(
    user: User, *, after: Study | None = None, narrowing: Narrowing | None = None
) -> Study | None:
    """The next study to read: the first of the (narrowed) worklist that waits for a doctor."""
    return first_in_line(_waiting(user, after, narrowing))


def _waiting(user: User, after: Study | None, narrowing: Narrowing | None) -> QuerySet[Study]:
    waiting = studies_for(user).filter(state=StudyState.TO_REVIEW)
    if after is not None:
        waiting = waiting.exclude(pk=after.pk)
    if own := list(signatures_for(user).filter(open=True).values_list("study", flat=True)):
        waiting = waiting.exclude(pk__in=own)  # signed, though only its doctor knows yet
    if narrowing:
        asked = QueryDict(mutable=True)
        asked.update(narrowing)
        waiting = WorklistFilter(asked, queryset=waiting, user=user).qs
    return waiting

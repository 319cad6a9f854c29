"""A doctor's run through the worklist: what it is narrowed to, and which study comes next."""

from urllib.parse import urlencode

from django.http import QueryDict

from accounts.models import User
from diagnosis.access import signatures_for, studies_for
from diagnosis.filters import WorklistFilter
from diagnosis.models import Study, StudyState
from diagnosis.views.contexts.paging import first_in_line

Narrowing = dict[str, str]
LONGEST = 200


def narrowing_of(asked: QueryDict) -> Narrowing:
    """The worklist's filters in an address; a study opened from a narrowed list carries them along."""
    named = {name: asked.get(name, "") for name in WorklistFilter.base_filters}
    return {name: value[:LONGEST] for name, value in named.items() if value and "\x00" not in value}


def as_query(narrowing: Narrowing) -> str:
    """The narrowing for the end of an address, with its question mark; empty if there is none."""
    return f"?{urlencode(narrowing)}" if narrowing else ""


def next_to_review(
    user: User, *, after: Study | None = None, narrowing: Narrowing | None = None
) -> Study | None:
    """The next study to read: the first of the (narrowed) worklist that waits for a doctor."""
    waiting = studies_for(user).filter(state=StudyState.TO_REVIEW)
    if after is not None:
        waiting = waiting.exclude(pk=after.pk)
    if own := list(signatures_for(user).filter(open=True).values_list("study", flat=True)):
        waiting = waiting.exclude(pk__in=own)  # signed, though only its doctor knows yet
    if narrowing:
        asked = QueryDict(mutable=True)
        asked.update(narrowing)
        waiting = WorklistFilter(asked, queryset=waiting, user=user).qs
    return first_in_line(waiting)

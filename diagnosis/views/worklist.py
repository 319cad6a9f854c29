"""The worklist, most urgent studies first."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.models import User
from accounts.permissions import may_open_worklist, may_review, may_see_records, may_settle
from accounts.sittings import sitting_of
from diagnosis.access import studies_for
from diagnosis.filters import WorklistFilter
from diagnosis.models import Review
from diagnosis.models.unoffered import unoffered
from diagnosis.services import assigning, claims, history, limits, registry, review, tabs
from diagnosis.services.tabs import Counted
from diagnosis.services.worklist import RANK_DONE
from diagnosis.views.contexts.blind import all_to_read_blind
from diagnosis.views.contexts.limits import asks_for
from diagnosis.views.contexts.narrowed import narrowed
from diagnosis.views.contexts.ordering import SORTS, parts_of
from diagnosis.views.contexts.paging import Page, page_of
from diagnosis.views.contexts.rows import rows_of
from diagnosis.views.contexts.run import (
    Place,
    as_query,
    narrowing_of,
    next_to_review,
    waiting_for_others,
    waiting_in,
)

READING_TABS: Final = ("urgent", "pathological", "unsure", "normal")


@dataclass(frozen=True)
class Listed:
    """One page of the list as it was asked for, with the counts of its tabs and a stamp of all of it."""

    narrowed: WorklistFilter
    page: Page
    counts: list[Counted]
    stamp: str
    untold: set[int]


@require_safe
@allowed_if(may_open_worklist)
@never_cache
def worklist(request: SignedIn) -> HttpResponse:
    """Show one page of studies; an htmx request asks what is new since the open page was made.

    Operators without a clinic have none, and are led to their own first page.
    """
    if not may_see_records(request.user):
        return redirect("admin:index")
    review.finalise_due(clinic_id=request.user.clinic_id)  # a colleague's, too, should no worker have come
    if not request.htmx:
        return worklist_page(request)
    listed = _listed(request)
    if request.GET.get("seen") == listed.stamp:
        return HttpResponse(status=204)  # htmx leaves the page as it is
    return render(request, "diagnosis/worklist/_news.html", _rows(request, listed))


def worklist_page(
    request: SignedIn, *, refused: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Show the page; `refused`: what was selected and typed for an action that was not done, and why."""
    listed = _listed(request)
    narrowing = narrowing_of(request.GET)
    reads, untold = may_review(request.user), listed.untold
    waiting = waiting_in(request.user, narrowing, untold=untold) if reads else 0
    following = next_to_review(request.user, narrowing=narrowing, untold=untold) if reads else None
    context = _rows(request, listed) | {
        "refused": refused or {},
        "sorts": SORTS.items(),
        "sort": _sort(request),
        "waiting": waiting,
        "run_all": as_query(narrowing | Place(1, waiting).as_fields),
        "next_study": following,
        "doctors": assigning.doctors_of(request.user) if may_settle(request.user) else [],
        "being_ordered": limits.being_ordered(clinic=request.user.clinic),
        "limits_ask": asks_for(request.user) if may_settle(request.user) else [],
    }
    return render(request, "diagnosis/worklist/worklist.html", context, status=status)


def signed_today(user: User) -> Sequence[Mapping[str, object]]:
    """The number of reviews that each doctor of the clinic has signed since midnight."""
    return list(
        Review.objects.alias(clinic=unoffered("scan__clinic_id"))  # by the day: few
        .filter(signed_at__gte=tabs.midnight(), clinic=user.clinic_id)
        .order_by()
        .values("doctor_id", "doctor__first_name", "doctor__last_name", "doctor__email")
        .annotate(signed=Count("pk"))
        .order_by("-signed", "doctor_id")
    )


def _listed(request: SignedIn) -> Listed:
    studies, untold = studies_for(request.user), all_to_read_blind(request.user)
    listed = narrowed(request.GET, request.user, untold)
    found, sort = listed.qs, _sort(request)
    order = f"{listed.open_tab.name}|{sort}|{bool(listed.sought)}|{listed.by_time_taken}"
    page = page_of(found, parts_of(listed, sort=sort), request.GET, order=order)
    referred = waiting_for_others(request.user)
    counts = tabs.counts(reader=request.user, studies=studies, untold=untold, referred=referred)
    return Listed(listed, page, counts, _stamp(page, counts), untold)


def _rows(request: SignedIn, listed: Listed) -> dict[str, Any]:
    """What page and news both show; whom it shows is on record."""
    rows = rows_of(listed.page.studies, request.user)
    history.listed(
        place="worklist", rows=listed.page.studies, reader=request.user, sitting=sitting_of(request)
    )
    narrowing = narrowing_of(request.GET)
    by_name = {count.tab.name: count for count in listed.counts}
    to_review = sum(by_name[name].number + by_name[name].untold for name in READING_TABS)
    for_others = by_name[tabs.REFERRED].number if tabs.REFERRED in by_name else 0
    return {
        "rows": rows,
        "page": listed.page,
        "filter": listed.narrowed,
        "tab": listed.narrowed.open_tab,
        "counts": listed.counts,
        "to_review": to_review,
        "for_others": for_others,
        "open_work": to_review + for_others,
        "urgent": by_name["urgent"].number,
        "stamp": listed.stamp,
        "signed_today": signed_today(request.user),
        "narrowing": narrowing,
        "elsewhere": {name: value for name, value in narrowing.items() if name != "tab"},
        "unsorted": {name: value for name, value in narrowing.items() if name != "sort"},
        "run": as_query(narrowing),
        "network": SimpleLazyObject(registry.active_model),  # asked for by rows of patients with an age
        "beat": claims.BEAT_SECONDS,
    }


def _sort(request: SignedIn) -> str:
    asked = request.GET.get("sort", "")
    return asked if asked in SORTS else ""


def _stamp(page: Page, counts: list[Counted]) -> str:
    """What changes when anything does that the page shows."""
    held = claims.on([study.pk for study in page.studies if study.rank < RANK_DONE])
    rows = [
        (
            study.pk, study.rank, study.place, study.state, study.doctor_finding, study.films_read,
            study.films_counted, study.assigned_to_id, study.changed_at.isoformat(),
            held[study.pk].doctor_id if study.pk in held else 0,
        )
        for study in page.studies
    ]  # fmt: skip
    numbers = [(count.tab.name, count.number) for count in counts]
    return hashlib.sha256(repr((rows, numbers)).encode()).hexdigest()[:16]

"""The worklist, most urgent studies first."""

import hashlib
from collections.abc import Mapping, Sequence

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_open_worklist, may_see_records, may_settle
from accounts.sittings import sitting_of
from diagnosis.access import studies_for
from diagnosis.filters import WorklistFilter
from diagnosis.models import Review, Scan, SecondReading, Study, StudyState
from diagnosis.services import history, limits, registry
from diagnosis.views.contexts.blind import to_read_blind
from diagnosis.views.contexts.limits import asks_for
from diagnosis.views.contexts.paging import Page, page_of
from diagnosis.views.contexts.run import as_query, narrowing_of, next_to_review


@require_safe
@allowed_if(may_open_worklist)
@never_cache
def worklist(request: SignedIn) -> HttpResponse:
    """Show one page of studies; an htmx request only asks whether the open page is still current.

    Operators without a clinic have none, and are led to their own first page.
    """
    if not may_see_records(request.user):
        return redirect("admin:index")
    studies = studies_for(request.user)
    narrowed = WorklistFilter(request.GET, queryset=studies, user=request.user)
    page = page_of(with_rows(narrowed.qs), request.GET)
    counted = studies.exclude(state=StudyState.CANCELLED)
    counts = counted.aggregate(total=Count("pk"), to_review=Count("pk", filter=Q(state=StudyState.TO_REVIEW)))
    stamp = _stamp(page, counts)
    context = {
        "counts": counts,
        "stamp": stamp,
        "changed": request.GET.get("seen") != stamp,
        "signed_today": signed_today(request.user),
    }
    if request.htmx:
        if not context["changed"]:
            return HttpResponse(status=204)  # htmx leaves the page as it is
        return render(request, "diagnosis/worklist/_news.html", context)
    history.listed(place="worklist", rows=page.studies, reader=request.user, sitting=sitting_of(request))
    narrowing = narrowing_of(request.GET)
    context |= {
        "page": page,
        "network": SimpleLazyObject(registry.active_model),  # asked for by rows of patients with an age
        "signed_shown": any(study.state == StudyState.REVIEWED for study in page.studies),
        "filter": narrowed,
        "to_read_blind": to_read_blind(request.user, page.studies),
        "narrowing": narrowing,
        "run": as_query(narrowing),
        "next_study": next_to_review(request.user, narrowing=narrowing),
        "being_ordered": limits.being_ordered(clinic=request.user.clinic),
        "limits_ask": asks_for(request.user) if may_settle(request.user) else [],
    }
    return render(request, "diagnosis/worklist/worklist.html", context)


def with_rows(studies: QuerySet[Study]) -> QuerySet[Study]:
    """The studies with everything a row shows, in a fixed number of queries."""
    scans = Scan.objects.order_by("received_at", "id").prefetch_related(
        Prefetch("reviews", queryset=Review.objects.select_related("doctor").order_by("-id"))
    )
    seconds = Prefetch(
        "second_readings",
        SecondReading.objects.filter(is_open=True).select_related("asked_of"),
        to_attr="open_seconds",
    )
    return studies.select_related("patient").prefetch_related(Prefetch("scans", queryset=scans), seconds)


def signed_today(user: object) -> Sequence[Mapping[str, object]]:
    """The number of reviews that each doctor of the clinic has signed since midnight."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return list(
        Review.objects.filter(scan__study__in=studies_for(user), signed_at__gte=midnight)
        .order_by()
        .values("doctor_id", "doctor__first_name", "doctor__last_name", "doctor__email")
        .annotate(signed=Count("pk"))
        .order_by("-signed", "doctor_id")
    )


def _stamp(page: Page, counts: dict[str, int]) -> str:
    rows = [(study.pk, study.rank, study.place, study.state, study.doctor_finding) for study in page.studies]
    return hashlib.sha256(repr((rows, sorted(counts.items()))).encode()).hexdigest()[:16]

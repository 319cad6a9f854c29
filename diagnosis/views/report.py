"""The printable report of a study."""

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_see_records
from diagnosis.access import shown_study_or_404
from diagnosis.services import history, referred
from diagnosis.views.blind_reads import before_the_answer
from diagnosis.views.contexts.study import readings


@require_safe
@allowed_if(may_see_records)
@never_cache
def study_report(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Show the report and record the view; the audit event's hash is printed on it."""
    study = shown_study_or_404(request.user, study_id)
    if (first := before_the_answer(request, study)) is not None:
        return first
    event = history.report_viewed(study=study, reader=request.user)
    films = readings(study, request.user)
    replacing = [film.reviews[0] for film in films if film.amended]
    context = {
        "document": study.reports.first(),
        "study": study,
        "films": films,
        "read_by": referred.read_by(study),
        "event": event,
        "printed_at": timezone.now(),
        "amended": max(replacing, key=lambda review: review.pk, default=None),
    }
    return render(request, "diagnosis/report/report.html", context)

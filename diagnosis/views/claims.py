"""Who has a study open: the open page is heard of, and a colleague's study can be taken over."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.permissions import may_review
from diagnosis.access import study_to_read_or_404
from diagnosis.services import claims
from diagnosis.views.contexts.run import as_query, narrowing_of
from diagnosis.views.form_pages import page_of_study


@sent_from(page_of_study, may_review)
def study_claim(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """The open page says that it is still open, and hears who else is there."""
    study = study_to_read_or_404(request.user, study_id)
    claim = claims.hold(study=study, doctor=request.user)
    if not request.htmx:
        return redirect("study_detail", study.public_id)
    context = {"study": study, "claim": claim, "beat": claims.BEAT_SECONDS, "run": _run(request)}
    return render(request, "diagnosis/study/_claim.html", context)


@sent_from(page_of_study, may_review)
def study_take_over(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Read a study that a colleague has open; it is on record, and their page says so."""
    study = study_to_read_or_404(request.user, study_id)
    if claims.take_over(study=study, doctor=request.user):
        messages.success(request, "You have taken this study over. It is on record.")
    else:
        messages.info(request, "Nobody else has this study open: it is yours to read.")
    return redirect(reverse("study_detail", args=[study.public_id]) + _run(request))


def _run(request: SignedIn) -> str:
    return as_query(narrowing_of(request.GET))

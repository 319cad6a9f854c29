"""What became of a patient later: entered, and corrected by another entry."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_submit
from accounts.sittings import sitting_of
from diagnosis.access import outcomes_for, study_or_404
from diagnosis.forms import OutcomeForm
from diagnosis.models import PatientOutcome, Study
from diagnosis.services import history, outcomes


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_submit)
@never_cache
def study_outcome(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Enter an outcome of a study."""
    return _page(request, study_or_404(request.user, study_id), None)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_submit)
@never_cache
def outcome_correct(request: SignedIn, outcome_id: uuid.UUID) -> HttpResponse:
    """Correct an outcome, or take it back; the one before stays on record."""
    found = outcomes_for(request.user).select_related("study__patient", "study__clinic")
    outcome = get_object_or_404(found, public_id=outcome_id)
    return _page(request, outcome.study, outcome)


def _page(request: SignedIn, study: Study, corrects: PatientOutcome | None) -> HttpResponse:
    form = OutcomeForm.of(corrects) if corrects else OutcomeForm()
    status = 200
    if request.method == "POST":
        form = OutcomeForm(request.POST)
        if form.is_valid() and _stored(request, study, corrects, form):
            return redirect("study_detail", study.public_id)
        status = 422
    history.study_viewed(study=study, reader=request.user, sitting=sitting_of(request))
    context = {"study": study, "form": form, "corrects": corrects}
    return render(request, "diagnosis/outcome/form.html", context, status=status)


def _stored(request: SignedIn, study: Study, corrects: PatientOutcome | None, form: OutcomeForm) -> bool:
    mistaken = corrects is not None and "mistaken" in request.POST
    try:
        outcomes.enter(
            study=study, by=request.user, corrects=corrects, mistaken=mistaken, **form.cleaned_data
        )
    except outcomes.OutcomeRefused as refused:
        form.add_error(refused.field or None, refused.message)
        return False
    messages.success(request, "The outcome is taken back." if mistaken else "The outcome is kept.")
    return True

"""Takes a study that was entered by mistake off the worklist, and puts it back."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.permissions import may_submit
from diagnosis.access import study_or_404
from diagnosis.forms import ReasonForm
from diagnosis.services import studies
from diagnosis.views.form_pages import page_of_study
from diagnosis.views.study import study_page


@sent_from(page_of_study, may_submit)
def study_cancel(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Cancel a study with a reason; a refused form comes back with what was typed."""
    study = study_or_404(request.user, study_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return study_page(request, study, cancelling=form, status=422)
    if studies.cancel_study(study=study, actor=request.user, reason=form.cleaned_data["reason"]):
        messages.success(request, "The study is cancelled. It stays on record and can be reopened.")
    else:
        typed = form.cleaned_data["reason"]
        messages.warning(request, f"The study was cancelled before you did. You had written: {typed}")
    return redirect("study_detail", study.public_id)


@sent_from(page_of_study, may_submit)
def study_reopen(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Put a cancelled study back into the worklist."""
    study = study_or_404(request.user, study_id)
    if studies.reopen_study(study=study, actor=request.user):
        messages.success(request, "The study is open again.")
    else:
        messages.warning(request, "There was nothing to do: the study is open.")
    return redirect("study_detail", study.public_id)

"""A second reader is asked for, or not needed any more."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn
from accounts.permissions import may_review, may_settle
from accounts.sittings import sitting_of
from diagnosis.access import study_or_404
from diagnosis.forms import SecondReaderForm
from diagnosis.services import history, second_reads
from diagnosis.views.form_pages import page_of_study


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_review)
@never_cache
def study_second_reader(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Ask for a second reader, by name or anybody; the page tells nothing of what was said so far."""
    study = study_or_404(request.user, study_id)
    readers = second_reads.readers_of(study)
    form = SecondReaderForm(request.POST if request.method == "POST" else None, readers=readers)
    if form.is_valid():
        try:
            second_reads.ask(study=study, by=request.user, of=form.cleaned_data["reader"])
        except second_reads.NotAsked as why:
            form.add_error(None, forms.ValidationError(why.message))
        else:
            messages.success(request, "A second reader is asked. Your signature stands meanwhile.")
            return redirect("study_detail", study.public_id)
    history.study_viewed(study=study, reader=request.user, sitting=sitting_of(request))
    context = {"study": study, "form": form}
    status = 422 if form.errors else 200
    return render(request, "diagnosis/second/ask.html", context, status=status)


@sent_from(page_of_study, may_settle)
def study_second_withdraw(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Take back that a second reader is asked for."""
    study = study_or_404(request.user, study_id)
    if second_reads.withdraw(study=study, by=request.user):
        messages.success(request, "No second reader is asked any more.")
    else:
        messages.warning(
            request, "Nothing was taken back: it is not open, or a rule of the clinic asked for it."
        )
    return redirect("study_detail", study.public_id)

"""A study that was entered twice is merged into the right one of the same patient."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.permissions import may_submit
from diagnosis.access import studies_for, study_or_404
from diagnosis.forms import JoinForm
from diagnosis.services import joining
from diagnosis.services.joining import JoinRefused
from diagnosis.views.form_pages import page_of_study
from diagnosis.views.study import study_page


@sent_from(page_of_study, may_submit)
def study_join(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Merge a study into another one of its patient; a refused form comes back with what was typed."""
    study = study_or_404(request.user, study_id)
    others = studies_for(request.user).filter(patient=study.patient_id, cancelled_at=None)
    form = JoinForm(request.POST, others=others.exclude(pk=study.pk))
    if form.is_valid():
        try:
            into = joining.join_studies(
                study=study,
                into=form.cleaned_data["into"],
                actor=request.user,
                reason=form.cleaned_data["reason"],
            )
        except JoinRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(
                request, "The studies are merged: all films are here. The other one is cancelled."
            )
            return redirect("study_detail", into.public_id)
    return study_page(request, study, joining=form, status=422)

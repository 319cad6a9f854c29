"""Signing a study, and taking a signature back while that can be done."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.permissions import may_review
from diagnosis.access import ended_signatures_for, signatures_for, study_to_read_or_404
from diagnosis.forms import SignForm
from diagnosis.models import PendingSignature, SignatureState, Study
from diagnosis.services import critical, review
from diagnosis.views.contexts.run import as_query, narrowing_of, place_of, way_on
from diagnosis.views.contexts.signing import sign_form
from diagnosis.views.contexts.study import readings
from diagnosis.views.form_pages import page_of_signature, page_of_study
from diagnosis.views.review import FIRST
from diagnosis.views.study import study_page


@sent_from(page_of_study, may_review)
def study_sign(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Sign a study; a refused form comes back as it was typed, a phrase is put into its note."""
    study = study_to_read_or_404(request.user, study_id, typed=_written(request))
    form = sign_form(readings(study, request.user), request.user, request.POST)
    if "add_phrase" in request.POST:
        form.add_phrase(request.POST.get("phrase", ""))
        return study_page(request, study, signing_form=form)
    if form.is_valid() and (done := _pressed(request, study, form)):
        return done
    return study_page(request, study_to_read_or_404(request.user, study_id), signing_form=form, status=422)


@sent_from(page_of_signature, may_review)
def signature_undo(request: SignedIn, signature_id: uuid.UUID) -> HttpResponse:
    """Take a signature back within its seconds; the study's page has the form again, as it was sent."""
    signature = get_object_or_404(signatures_for(request.user), public_id=signature_id)
    try:
        review.take_back(signature=signature, doctor=request.user)
    except review.TooLate:
        review.finalise_due(doctor=request.user)
        signature.refresh_from_db()
        messages.warning(request, _too_late(signature), extra_tags=FIRST)
    else:
        messages.success(
            request, "Taken back: nothing is signed. What you typed is in the form.", extra_tags=FIRST
        )
    return _to_study(request, signature.study)


@sent_from(page_of_signature, may_review)
def signature_discard(request: SignedIn, signature_id: uuid.UUID) -> HttpResponse:
    """Discard what came back unsigned."""
    signature = get_object_or_404(ended_signatures_for(request.user), public_id=signature_id)
    review.deal_with(signature=signature, doctor=request.user)
    if not signatures_for(request.user).filter(pk=signature.pk).exists():
        return HttpResponseRedirect(reverse("worklist"))
    return _to_study(request, signature.study)


def _written(request: SignedIn) -> str:
    """The notes and reasons that were typed, of the study and of each film."""
    named = [value for name, value in request.POST.items() if name.endswith(("note", "reason"))]
    return "\n".join(value.strip() for value in named if isinstance(value, str) and value.strip())


def _pressed(request: SignedIn, study: Study, form: SignForm) -> HttpResponse | None:
    try:
        signature = review.press(study=study, doctor=request.user, words=form.words(), typed=form.as_typed())
    except review.AlreadySigned as twice:
        opened = form.cleaned_data["critical"] and critical.declare(study=study, doctor=request.user)
        told = f"{twice.message} The critical result is told of now." if opened else twice.message
        messages.warning(request, told, extra_tags=FIRST)
        return _to_study(request, study)
    except review.ReviewRefused as refused:
        form.refuse(refused.message, refused.field)
        if isinstance(refused, review.ResultChanged):
            form.forget_choice()
        return None
    if signature.state == SignatureState.FINAL:
        messages.success(request, f"Signed: {signature.said}.", extra_tags=FIRST)
    if "next" not in request.POST:
        return _to_study(request, study)
    return HttpResponseRedirect(way_on(request, study, place=place_of(request, study)))


def _to_study(request: SignedIn, study: Study) -> HttpResponseRedirect:
    run = as_query(narrowing_of(request.GET))
    return HttpResponseRedirect(reverse("study_detail", args=[study.public_id]) + run)


def _too_late(signature: PendingSignature) -> str:
    if signature.state == SignatureState.RETURNED:
        return f"It was not signed: {signature.told}"
    return "The time to undo is over: the study is signed. To correct it, sign again: it will say AMENDED."

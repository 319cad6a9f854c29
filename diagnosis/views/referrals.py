"""Asking another clinic to read a study, and what that clinic answers."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn
from accounts.models import Clinic
from accounts.permissions import may_review, may_see_records, may_submit
from accounts.sittings import sitting_of
from diagnosis.access import (
    inquiries_for,
    referral_to_decide_or_404,
    referrals_for,
    shown_studies_for,
    study_or_404,
)
from diagnosis.models import Inquiry, ReadingAgreement, Referral
from diagnosis.services import history, inquiries, referrals, referred
from diagnosis.views.contexts.referral import way_of
from diagnosis.views.form_pages import page_of_study

A_PAGE: Final = 50


def page_of_referral(request: SignedIn, referral_id: uuid.UUID) -> str:
    return _back(request, _referral(request, referral_id))


def page_of_inquiry(request: SignedIn, inquiry_id: uuid.UUID) -> str:
    return _study_page(_inquiry(request, inquiry_id))


@require_safe
@allowed_if(may_see_records)
@never_cache
def referral_list(request: SignedIn) -> HttpResponse:
    """What the clinic gave to others to read, and what it reads for others, the newest first."""
    found = referrals_for(request.user).select_related(
        "study__patient", "clinic", "reading_clinic", "agreement", "asked_by", "accepted_by", "closed_by"
    )
    refused = Q(reading_clinic=request.user.clinic_id, state__in=referred.GONE)
    page = Paginator(found.exclude(refused), A_PAGE).get_page(request.GET.get("page"))
    studies = [referral.study for referral in page]
    history.listed(place="referrals", rows=studies, reader=request.user, sitting=sitting_of(request))
    context = {"page": page, "ways": [way_of(referral) for referral in page]}
    return render(request, "diagnosis/referral/list.html", context)


@sent_from(page_of_study, may_submit)
def study_refer(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Ask a clinic that reads for this one to read the study."""
    study = study_or_404(request.user, study_id)
    agreement = _chosen(request, study.clinic)
    if agreement is None:
        messages.error(request, "Choose which clinic should read the study.")
    else:
        with _tells_why_not(request, "question"):
            referrals.ask(
                study=study, by=request.user, agreement=agreement, question=request.POST.get("question", "")
            )
            messages.success(request, f"{agreement.reading_clinic} is asked to read this study.")
    return redirect("study_detail", study.public_id)


@sent_from(page_of_referral, may_submit)
def referral_withdraw(request: SignedIn, referral_id: uuid.UUID) -> HttpResponse:
    """Take the request back: the other clinic does not see the study any more."""
    referral = get_object_or_404(
        referrals_for(request.user), public_id=referral_id, clinic=request.user.clinic_id
    )
    if referrals.withdraw(referral=referral, by=request.user):
        messages.success(request, f"{referral.reading_clinic} is not asked to read this study any more.")
    else:
        messages.info(request, "There was nothing to take back.")
    return HttpResponseRedirect(_back(request, referral))


@sent_from(page_of_referral, may_review)
def referral_accept(request: SignedIn, referral_id: uuid.UUID) -> HttpResponse:
    """Take it on."""
    referral = _to_decide(request, referral_id)
    with _tells_why_not(request):
        if referrals.accept(referral=referral, by=request.user):
            messages.success(request, "Accepted: the clinic that sent it is told.")
        else:
            messages.info(request, "It was accepted already.")
    return HttpResponseRedirect(_back(request, referral))


@sent_from(page_of_referral, may_review)
def referral_decline(request: SignedIn, referral_id: uuid.UUID) -> HttpResponse:
    """Do not read it, with a reason; the study is gone from this clinic's list."""
    referral = _to_decide(request, referral_id)
    with _tells_why_not(request, "reason"):
        referrals.decline(referral=referral, by=request.user, reason=request.POST.get("reason", ""))
        messages.success(request, f"Declined: {referral.clinic} is told why.")
    return HttpResponseRedirect(_back(request, referral))


@sent_from(page_of_referral, may_review)
def referral_pass_on(request: SignedIn, referral_id: uuid.UUID) -> HttpResponse:
    """Have another clinic read it that reads for the sender, too."""
    referral = _to_decide(request, referral_id)
    agreement = _chosen(request, referral.clinic)
    with _tells_why_not(request, "reason"):
        if agreement is None:
            raise referrals.NotReferred("Choose to which clinic the study is passed on.")
        referrals.pass_on(
            referral=referral, by=request.user, agreement=agreement, reason=request.POST.get("reason", "")
        )
        messages.success(request, f"Passed on to {agreement.reading_clinic}.")
    return HttpResponseRedirect(_back(request, referral))


@sent_from(page_of_referral, may_review)
def referral_question(request: SignedIn, referral_id: uuid.UUID) -> HttpResponse:
    """Send a question back to the clinic that sent the study."""
    referral = _to_decide(request, referral_id)
    with _tells_why_not(request, "question"):
        inquiries.ask(referral=referral, by=request.user, question=request.POST.get("question", ""))
        messages.success(request, f"Your question is sent to {referral.clinic}. The answer returns here.")
    return HttpResponseRedirect(_back(request, referral))


@sent_from(page_of_inquiry, may_submit)
def inquiry_answer(request: SignedIn, inquiry_id: uuid.UUID) -> HttpResponse:
    """Answer a question about one of the clinic's own studies."""
    inquiry = _inquiry(request, inquiry_id)
    with _tells_why_not(request, "answer"):
        if inquiries.answer(inquiry=inquiry, by=request.user, words=request.POST.get("answer", "")):
            messages.success(request, "Your answer is sent.")
        else:
            messages.info(request, _with_typed(request, "Somebody answered already.", "answer"))
    return HttpResponseRedirect(_study_page(inquiry))


def _referral(request: SignedIn, referral_id: uuid.UUID) -> Referral:
    found = referrals_for(request.user).select_related("study", "clinic", "reading_clinic", "agreement")
    return get_object_or_404(found, public_id=referral_id)


def _to_decide(request: SignedIn, referral_id: uuid.UUID) -> Referral:
    typed = request.POST.get("question", "") or request.POST.get("reason", "")
    return referral_to_decide_or_404(request.user, referral_id, typed=typed.strip())


def _inquiry(request: SignedIn, inquiry_id: uuid.UUID) -> Inquiry:
    return get_object_or_404(inquiries_for(request.user).select_related("study"), public_id=inquiry_id)


def _study_page(about: Referral | Inquiry) -> str:
    return reverse("study_detail", args=[about.study.public_id])


def _back(request: SignedIn, referral: Referral) -> str:
    """The study's page; the list for whom the study is not shown any more."""
    shown = shown_studies_for(request.user).filter(pk=referral.study_id).exists()
    return _study_page(referral) if shown else reverse("worklist")


def _chosen(request: HttpRequest, sender: Clinic) -> ReadingAgreement | None:
    """The agreement that the form names, among those of the clinic that sends."""
    try:
        named = uuid.UUID(request.POST.get("agreement", ""))
    except ValueError:
        return None
    return referrals.agreements_of(sender).filter(public_id=named).first()


@contextmanager
def _tells_why_not(request: HttpRequest, typed_in: str = "") -> Iterator[None]:
    """Says why a step is not taken, and gives back what was typed in that field."""
    try:
        yield
    except (referrals.NotReferred, inquiries.NotSent) as why:
        messages.error(request, _with_typed(request, why.message, typed_in))


def _with_typed(request: HttpRequest, told: str, name: str) -> str:
    """What was refused, with the words that were typed: nothing that somebody wrote is lost."""
    typed = request.POST.get(name, "").strip()
    return f"{told} You had written: {typed}" if typed else told

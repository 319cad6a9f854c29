"""The agreements by which one clinic reads for another: asked for, answered and ended by administrators."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import (
    allowed_if,
    recently_authenticated,
    recently_authenticated_to_change,
    sent_from,
)
from accounts.http import SignedIn
from accounts.permissions import may_manage_clinic
from diagnosis.access import agreements_for
from diagnosis.forms import ReadingAgreementForm, ReasonForm
from diagnosis.models import AgreementState, ReadingAgreement
from diagnosis.services import reading_agreements as agreements
from diagnosis.services import referrals
from diagnosis.services.reading_agreements import AgreementRefused
from diagnosis.views.contexts.reading_agreements import groups


@require_safe
@allowed_if(may_manage_clinic)
@never_cache
def reading_agreements(request: SignedIn) -> HttpResponse:
    """Who reads for the clinic and for whom it reads; what waits for an answer comes first."""
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_manage_clinic)
@recently_authenticated_to_change
@never_cache
def reading_agreement_new(request: SignedIn) -> HttpResponse:
    """Ask another clinic to read; a refused form comes back as it was filled in."""
    assert request.user.clinic is not None, "may_manage_clinic requires a clinic"
    form = ReadingAgreementForm(
        request.POST if request.method == "POST" else None, clinic=request.user.clinic
    )
    if form.is_valid():
        reading_clinic = form.cleaned_data["reading_clinic"]
        try:
            agreements.ask(by=request.user, reading_clinic=reading_clinic, terms=form.terms())
        except AgreementRefused as why:
            form.add_error(None, forms.ValidationError(why.message))
        else:
            messages.success(
                request, f"{reading_clinic} is asked. It reads for you once its administrator accepts."
            )
            return redirect("reading_agreements")
    context = {"form": form, "clinic": request.user.clinic}
    status = 422 if form.errors else 200
    return render(request, "diagnosis/reading_agreements/new.html", context, status=status)


def page_of_agreements(request: SignedIn, agreement_id: uuid.UUID) -> str:
    return reverse("reading_agreements")


@sent_from(page_of_agreements, may_manage_clinic)
@recently_authenticated
def reading_agreement_accept(request: SignedIn, agreement_id: uuid.UUID) -> HttpResponse:
    """Sign for the clinic that is asked."""
    row = _agreement(request, agreement_id)
    done = f"Accepted. Your clinic reads for {row.clinic} from {row.first_day:%-d %b %Y} on."
    return _done(request, lambda: agreements.accept(agreement=row, by=request.user), done)


@sent_from(page_of_agreements, may_manage_clinic)
def reading_agreement_decline(request: SignedIn, agreement_id: uuid.UUID) -> HttpResponse:
    """Say no, with a reason; a refused form comes back with what was typed."""
    row = _agreement(request, agreement_id)
    reason = ""
    if agreements.waits_for(row, request.user):  # else the page has no form that could tell what is wrong
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return _page(request, refused=(row, form), status=422)
        reason = form.cleaned_data["reason"]
    done = f"Declined. The administrators of {row.clinic} are told."
    return _done(request, lambda: agreements.decline(agreement=row, by=request.user, reason=reason), done)


@sent_from(page_of_agreements, may_manage_clinic)
def reading_agreement_end(request: SignedIn, agreement_id: uuid.UUID) -> HttpResponse:
    """End an agreement at once, or take back what nobody has answered."""
    row = _agreement(request, agreement_id)
    done = "It has ended. What was read until now stays readable to both clinics."
    if row.state == AgreementState.ASKED:
        done = f"Withdrawn: {row.reading_clinic} is not asked any more."

    def act() -> None:
        agreements.end(agreement=row, by=request.user)
        referrals.close_over()  # beat does it, too

    return _done(request, act, done)


def _agreement(request: SignedIn, agreement_id: uuid.UUID) -> ReadingAgreement:
    rows = agreements_for(request.user).select_related("clinic", "reading_clinic")
    return get_object_or_404(rows, public_id=agreement_id)


def _done(request: SignedIn, act: Callable[[], None], done: str) -> HttpResponse:
    try:
        act()
        messages.success(request, done)
    except AgreementRefused as why:
        messages.error(request, why.message)
    return redirect("reading_agreements")


def _page(
    request: SignedIn, *, refused: tuple[ReadingAgreement, ReasonForm] | None = None, status: int = 200
) -> HttpResponse:
    assert request.user.clinic is not None, "may_manage_clinic requires a clinic"
    row, form = refused or (None, None)
    context: dict[str, Any] = {
        **groups(agreements_for(request.user), request.user.clinic),
        "clinic": request.user.clinic,
        "refused": row,
        "declining": form,
    }
    return render(request, "diagnosis/reading_agreements/list.html", context, status=status)

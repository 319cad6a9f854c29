"""The pages about work for several clinics: asking for it, deciding about it, switching between them."""

import uuid
from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import memberships
from accounts.adapter import front_page
from accounts.decorators import allowed_if, recently_authenticated, sent_from
from accounts.forms import AnotherClinicForm, RefusalForm
from accounts.http import SignedIn
from accounts.memberships import NotPossible
from accounts.models import Approval, Membership
from accounts.permissions import may_edit_profile, may_use_admin


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(memberships.may_join)
@never_cache
def membership_new(request: SignedIn) -> HttpResponse:
    """Ask to work for another clinic, too; a refused form comes back as it was filled in."""
    form = AnotherClinicForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        clinic, role = form.cleaned_data["clinic"], form.cleaned_data["role"]
        try:
            memberships.ask_to_join(user=request.user, clinic=clinic, role=role)
        except NotPossible as why:
            form.add_error(None, forms.ValidationError(str(why)))
        else:
            messages.success(request, f"{clinic} is asked. You are mailed what its administrator decides.")
            return redirect("profile")
    status = 422 if form.errors else 200
    return render(request, "accounts/membership_new.html", {"form": form}, status=status)


def _page_of_profile(request: SignedIn) -> str:
    return reverse("profile")


@sent_from(_page_of_profile, may_edit_profile)
def membership_switch(request: SignedIn) -> HttpResponse:
    """Work for another of one's clinics from now on, in every browser."""
    own = Membership.objects.filter(user=request.user)
    try:
        membership = get_object_or_404(own, public_id=request.POST.get("membership", ""))
    except ValidationError as error:
        raise Http404("No such membership.") from error
    try:
        user = memberships.switch(user=request.user, membership=membership)
    except NotPossible as why:
        messages.error(request, str(why))
        return redirect("profile")
    messages.success(
        request,
        f"You work for {user.clinic} now, as {user.get_role_display().lower()}, in every browser in which "
        "you are signed in. Pages that are still open elsewhere belong to the other clinic: load them again.",
    )
    return redirect(front_page(user))


@require_safe
@allowed_if(may_use_admin)
@never_cache
def membership_list(request: SignedIn) -> HttpResponse:
    """Who asks to work in the clinic, too, and who of its people works for others."""
    return _page(request)


def _page_of_list(request: SignedIn, public_id: uuid.UUID) -> str:
    return reverse("membership_list")


@sent_from(_page_of_list, may_use_admin)
@recently_authenticated
def membership_approve(request: SignedIn, public_id: uuid.UUID) -> HttpResponse:
    row = _membership(request, public_id)
    return _done(
        request,
        lambda: memberships.approve(membership=row, by=request.user),
        f"{row.user} may work for {row.clinic} now, and is told by e-mail.",
    )


@sent_from(_page_of_list, may_use_admin)
def membership_refuse(request: SignedIn, public_id: uuid.UUID) -> HttpResponse:
    """Say no, with a reason; a refused form comes back with what was typed."""
    row, reason = _membership(request, public_id), ""
    if row.approval == Approval.WAITING:  # else the page has no form that could tell what is wrong
        form = RefusalForm(request.POST)
        if not form.is_valid():
            return _page(request, refused=(row, form), status=422)
        reason = form.cleaned_data["reason"]
    return _done(
        request,
        lambda: memberships.refuse(membership=row, by=request.user, reason=reason),
        f"{row.user} is refused and told by e-mail.",
    )


@sent_from(_page_of_list, may_use_admin)
@recently_authenticated
def membership_end(request: SignedIn, public_id: uuid.UUID) -> HttpResponse:
    """End somebody's work for the clinic at once."""
    row = _membership(request, public_id)
    return _done(
        request,
        lambda: memberships.end(membership=row, by=request.user),
        f"{row.user} works for {row.clinic} no longer, and is told by e-mail.",
    )


def _membership(request: SignedIn, public_id: uuid.UUID) -> Membership:
    return get_object_or_404(memberships.of_clinics(request.user), public_id=public_id)


def _done(request: SignedIn, act: Callable[[], bool], done: str) -> HttpResponse:
    try:
        if act():
            messages.success(request, done)
        else:
            messages.info(request, "Nothing was changed: it was so already.")
    except NotPossible as why:
        messages.error(request, str(why))
    return redirect("membership_list")


def _page(
    request: SignedIn, *, refused: tuple[Membership, RefusalForm] | None = None, status: int = 200
) -> HttpResponse:
    row, form = refused or (None, None)
    context = {
        "asking": memberships.waiting_for(request.user),
        "working": memberships.working_for(request.user),
        "refused": row,
        "refusal": form,
    }
    return render(request, "accounts/membership_list.html", context, status=status)

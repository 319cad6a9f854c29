"""The pages about the user's own account and the clinic's tokens."""

import uuid
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import browsers, memberships, people, second_factor, sessions, tokens
from accounts.adapter import front_page
from accounts.decorators import (
    allowed_if,
    recently_authenticated,
    recently_authenticated_to_change,
    sent_from,
)
from accounts.forms import NextKeyForm, ProfileForm, TokenForm
from accounts.models import ApiToken, Clinic, User
from accounts.permissions import may_edit_profile, may_manage_clinic


@require_safe
@never_cache
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Redirect from the bare address to the user's start page."""
    assert isinstance(request.user, User)
    return redirect(front_page(request.user))


@require_safe
@never_cache
@login_required
def approval_waiting(request: HttpRequest) -> HttpResponse:
    """Show how an account that is not approved stands."""
    assert isinstance(request.user, User)
    if request.user.is_approved:
        return redirect(front_page(request.user))
    return render(request, "accounts/approval_waiting.html")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_edit_profile)
def profile(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    # A separate instance: a rejected correction must not show in the page's header.
    user = User.objects.select_related("clinic").get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=user)
    with transaction.atomic():  # what is compared with the page stays as it is until it is stored
        saved = request.method == "POST" and form.is_valid()
        if saved:
            people.change(user=user, by=request.user, fields=form.changed_data)
    if saved:
        messages.success(request, "Your profile is saved.")
        return redirect("profile")
    facts = {
        "form": form,
        "person": request.user,
        "has_factor": second_factor.has_one(user),
        "may_join": memberships.may_join(user),
        "places": user.memberships.select_related("clinic"),
    }
    return render(request, "accounts/profile.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def session_list(request: HttpRequest) -> HttpResponse:
    """List where one is signed in; a POST ends every other session."""
    assert isinstance(request.user, User)
    if request.method == "POST":
        sessions.end_others(request, request.user)
        messages.success(request, "Every other session has ended.")
        return redirect("session_list")
    known = sessions.listed(request.user)
    for session in known:
        session.browser = browsers.described(session.user_agent)
    return render(request, "accounts/session_list.html", {"sessions": known})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of the person's own sessions; a GET, such as after signing in again, leads to their list."""
    if request.method != "POST":
        return redirect("session_list")
    assert isinstance(request.user, User)
    session = get_object_or_404(UserSession, user=request.user, pk=pk)
    sessions.end_one(request, request.user, session)
    messages.success(request, "The session has ended.")
    return redirect("session_list")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def session_left(request: HttpRequest) -> JsonResponse:
    """How many seconds this session lasts without activity, and whose it is.

    A page that warns of the end asks for it; a POST tells how long ago somebody typed or clicked there.
    """
    user = request.user
    if request.method == "POST" and isinstance(user, User):
        ago = request.POST.get("ago", "0")
        sessions.note_activity(request, ago=float(ago) if ago.isdecimal() else 0.0)
    person = str(user.public_id) if isinstance(user, User) else ""
    left = {"seconds": sessions.seconds_left(request), "of": settings.SESSION_IDLE_SECONDS}
    return JsonResponse({**left, "person": person})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed_if(may_manage_clinic)
@recently_authenticated_to_change
def token_list(request: HttpRequest) -> HttpResponse:
    """List the clinic's tokens and make new ones; a new key is shown once, in this response."""
    user, clinic = _administrator(request)
    form = TokenForm(request.POST or None)
    made, plain = None, ""
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        made, plain = tokens.create(
            clinic=clinic, name=facts["name"], by=user, expires_at=form.expires_at, scopes=facts["scopes"]
        )
        form = TokenForm()
    return _token_page(request, clinic, form=form, made=made, plain=plain)


def _token_page(request: HttpRequest, clinic: Clinic, **facts: Any) -> HttpResponse:
    known = ApiToken.objects.filter(clinic=clinic).select_related("created_by", "revoked_by", "replaced_by")
    facts = {"form": TokenForm(), "tokens": known, "next_key": NextKeyForm(auto_id=False), **facts}
    return render(request, "accounts/token_list.html", facts)


@never_cache
@sent_from(lambda request, public_id: reverse("token_list"), may_manage_clinic)
@recently_authenticated
def token_rotate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make the next key of a token, shown once in this response; the old one works a while longer."""
    user, clinic = _administrator(request)
    token = get_object_or_404(ApiToken, clinic=clinic, public_id=public_id)
    form = NextKeyForm(request.POST)
    if not form.is_valid():
        return _token_page(request, clinic, refused=form)
    try:
        overlap = timedelta(hours=form.cleaned_data["overlap"])
        made, plain = tokens.rotate(token=token, by=user, overlap=overlap)
    except tokens.CannotRotate as why:
        messages.error(request, why.message)
        return redirect("token_list")
    token.refresh_from_db()
    return _token_page(request, clinic, made=made, plain=plain, replaced=token)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_manage_clinic)
@recently_authenticated_to_change
def clinic_rules(request: HttpRequest) -> HttpResponse:
    """What the clinic asks of its people, and who of them has no second factor yet."""
    user, clinic = _administrator(request)
    if request.method == "POST":
        required = "second_factor_required" in request.POST
        people.require_second_factor(clinic=clinic, required=required, by=user)
        people.mail_refusals(clinic=clinic, wanted="mails_refusals" in request.POST, by=user)
        messages.success(request, "The rules of the clinic are saved.")
        return redirect("clinic_rules")
    facts = {"clinic": clinic, "without": second_factor.without_one(clinic)}
    return render(request, "accounts/clinic_rules.html", facts)


@sent_from(lambda request, public_id: reverse("token_list"), may_manage_clinic)
def token_revoke(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    user, clinic = _administrator(request)
    token = get_object_or_404(ApiToken, clinic=clinic, public_id=public_id)
    tokens.revoke(token=token, by=user)
    messages.success(request, f"“{token.name}” is revoked. Requests with it are refused from now on.")
    return redirect("token_list")


def _administrator(request: HttpRequest) -> tuple[User, Clinic]:
    assert isinstance(request.user, User)
    assert request.user.clinic is not None, "may_manage_clinic requires a clinic"
    return request.user, request.user.clinic

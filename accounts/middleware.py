"""What stands between a signed-in person and every page: the idle time-out and a required second factor."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import second_factor, sessions
from accounts.http import wants_json
from accounts.models import User

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# What somebody needs to set one up, and to leave.
OPEN_WITHOUT_FACTOR = {"account_logout", "account_reauthenticate", "session_left"}
PROBES = {"healthz", "readyz"}
SET_UP_FIRST = "Set up a second factor first: your clinic requires one. What you typed is still in this page."


class IdleTimeout:
    """Ends a session in which nobody did anything for SESSION_IDLE_MINUTES; its request is then a stranger's.

    What pages ask by themselves (htmx's polls, the question how long is left) keeps no session alive.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.path.strip("/") not in PROBES:
            user = request.user
            if isinstance(user, User):
                self._look(request, user)
        return self.get_response(request)

    def _look(self, request: HttpRequest, user: User) -> None:
        if sessions.is_timed_out(request):
            sessions.time_out(request, user)
        elif sessions.LAST_ACTIVE not in request.session or not _asks_by_itself(request):
            sessions.note_activity(request)


class SecondFactorFirst:
    """Leads people who need a second factor and have none to set it up before anything else.

    The API is not concerned: its computers have tokens and no session.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *arguments: Any) -> HttpResponse | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or _is_probe(request):
            return None
        user = request.user
        if not isinstance(user, User) or not second_factor.is_missing(user):
            return None
        request.second_factor_missing = True  # type: ignore[attr-defined]  # for the page that explains it
        if _is_open(request):
            return None
        if request.method in ("GET", "HEAD"):
            return redirect("mfa_index")
        if wants_json(request):
            return JsonResponse({"message": SET_UP_FIRST}, status=403)
        return render(request, "accounts/second_factor_first.html", status=403)


def _asks_by_itself(request: HttpRequest) -> bool:
    if request.path == reverse("session_left"):
        return True  # its view notes what the page tells
    by_page = request.method == "GET" or "X-By-Itself" in request.headers  # no person pressed that
    return by_page and "HX-Request" in request.headers


def _is_probe(request: HttpRequest) -> bool:
    return _name(request) in PROBES


def _is_open(request: HttpRequest) -> bool:
    return _name(request) in OPEN_WITHOUT_FACTOR or _name(request).startswith("mfa_")


def _name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""

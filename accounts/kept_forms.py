"""Keeps what somebody typed when the form's session has ended, and never gives it to somebody else.

A form that opts in (template tag `keeps`) says who opened it (`form_of`). Sent without a session, it comes
back as a page that holds its text and can send it once the same person has signed in again; sent while
somebody else is signed in, it is refused without being shown. Nothing is stored here: the answer itself holds
the text. In a browser with JavaScript drafts.js keeps it too, until this middleware says that it was taken.
"""

import re
import uuid
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.http import wants_json

SAFE: Final = ("GET", "HEAD", "OPTIONS", "TRACE")
OWNER: Final = "form_of"
DRAFT: Final = "draft"
TAKEN: Final = "draft_taken"
"""The cookie that tells drafts.js which form was taken, so that its draft can go."""
_DRAFT_KEY: Final = re.compile(r"[\w:.-]{1,120}")
_SIGNED_OUT: Final = (
    "You have been signed out. What you typed is still here: sign in in another tab, then send it again."
)
_OF_SOMEBODY_ELSE: Final = (
    "This form was opened by somebody else, and another person is signed in now. Nothing was sent. "
    "Open the page again and fill it in yourself."
)
_EXPIRED: Final = "Somebody signed in or out in another tab since this form was opened. Send it again."


class KeptForms:
    """The middleware: it stands behind those that know the user, and looks at what they answer a form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in SAFE:
            return self.get_response(request)
        was_signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if not was_signed_in and _asks_to_sign_in(response):
            return signed_out(request)
        if was_signed_in and _was_taken(response):
            _tell_that_it_was_taken(request, response)
        return response

    def process_view(self, request: HttpRequest, view: Any, *arguments: Any) -> HttpResponse | None:
        """Refuse a form that another person opened: it would be signed with the wrong name."""
        if request.method in SAFE or getattr(view, "csrf_exempt", False):
            return None
        if request.user.is_authenticated and not _is_own(request):
            return of_somebody_else(request)
        return None


def signed_out(request: HttpRequest) -> HttpResponse:
    """The way to the sign-in and back to the form's page; with what was typed, where that can be kept."""
    sign_in = f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': page_of(request)})}"
    if wants_json(request):
        return JsonResponse({"text": _SIGNED_OUT, "sign_in": sign_in}, status=401)
    if not _can_be_kept(request):
        return HttpResponse(status=302, headers={"Location": sign_in})
    return _kept(request, {"sign_in": sign_in}, status=401)


def of_somebody_else(request: HttpRequest) -> HttpResponse:
    """The refusal of a form that another person opened; it shows nothing of it."""
    if wants_json(request):
        return JsonResponse({"text": _OF_SOMEBODY_ELSE}, status=409)
    context = {"text": _OF_SOMEBODY_ELSE, "page": page_of(request)}
    return render(request, "accounts/form_of_another.html", context, status=409)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form whose token does not fit, mostly because of a sign-in in another tab.

    The text comes back, to be sent with one more press, only to the person whose form it is and only from a
    page of ours: another site's form must not be offered for sending.
    """
    if not _from_our_own_page(request):
        return render(request, "403_csrf.html", status=403)
    if not request.user.is_authenticated:
        return signed_out(request)
    if not _is_own(request):
        return of_somebody_else(request)
    if wants_json(request):
        return JsonResponse({"text": _EXPIRED}, status=403)
    if _can_be_kept(request):
        return _kept(request, {}, status=403)
    return render(request, "403_csrf.html", {"page": page_of(request)}, status=403)


def page_of(request: HttpRequest) -> str:
    """The address of the page that the form was on; the form's own address if the browser does not say.

    That one leads to its page too: see `decorators.sent_from`.
    """
    for address in (request.headers.get("HX-Current-URL"), request.headers.get("Referer")):
        if address and _is_ours(request, address):
            parts = urlsplit(address)
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            # ours without its host must be ours still: //elsewhere.example/ is not
            leads_here = path.startswith("/") and _is_ours(request, path)
            if leads_here and parts.path != reverse(settings.LOGIN_URL):
                return path
    return request.get_full_path()


def _kept(request: HttpRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    ours = ("csrfmiddlewaretoken",)
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name not in ours]
    context |= {
        "action": request.get_full_path(),
        "page": page_of(request),
        "fields": fields,
        "typed": [(name.replace("_", " "), value) for name, value in fields if _was_typed(name, value)],
        "files": [file.name for files in request.FILES.lists() for file in files[1]],
    }
    response = render(request, "accounts/kept_form.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _can_be_kept(request: HttpRequest) -> bool:
    """Whether something was typed, by a person who can be named, and none of it is a password."""
    if OWNER not in request.POST or any("password" in name for name in request.POST):
        return False
    return any(_was_typed(name, value) for name, values in request.POST.lists() for value in values)


def _was_typed(name: str, value: str) -> bool:
    """Whether a person put this in, so that it is worth showing; not what the page put into hidden fields."""
    if name in ("csrfmiddlewaretoken", OWNER, DRAFT, "next") or name.startswith("initial-"):
        return False
    try:
        uuid.UUID(value)
    except ValueError:
        return bool(value.strip())
    return False


def _is_own(request: HttpRequest) -> bool:
    """Whether the form was opened by whoever is signed in; forms that do not say are nobody's."""
    owner = request.POST.get(OWNER)
    return owner is None or owner == str(getattr(request.user, "public_id", ""))


def _asks_to_sign_in(response: HttpResponseBase) -> bool:
    if not isinstance(response, HttpResponseRedirectBase):
        return False
    target = urlsplit(response.url)
    return target.path == reverse(settings.LOGIN_URL) and "next" in parse_qs(target.query)


def _was_taken(response: HttpResponseBase) -> bool:
    """Whether the form was taken: it led on to a page other than one that asks who this is."""
    if response.status_code == 201:
        return True
    if not isinstance(response, HttpResponseRedirectBase):
        return False
    asking = (reverse(settings.LOGIN_URL), reverse("account_reauthenticate"))
    return urlsplit(response.url).path not in asking


def _tell_that_it_was_taken(request: HttpRequest, response: HttpResponseBase) -> None:
    draft = request.POST.get(DRAFT, "")
    if _DRAFT_KEY.fullmatch(draft):
        secure = bool(settings.SESSION_COOKIE_SECURE)
        response.set_cookie(TAKEN, draft, max_age=300, secure=secure, samesite="Strict")


def _from_our_own_page(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin == f"{request.scheme}://{request.get_host()}"
    referer = request.headers.get("Referer")
    return bool(referer) and _is_ours(request, referer or "")


def _is_ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())

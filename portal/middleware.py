"""Middleware that every request and response passes, in the order of the settings."""

import codecs
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseNotAllowed
from django.middleware.gzip import GZipMiddleware

from portal import errors, health
from portal.refusals import ENCODED, NO_LENGTH, REFUSED, SHUT, STRANGER, TOO_LARGE, refusal

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class Probes:
    """Answers /healthz and /readyz whatever Host is asked: a probe may know no more than an address."""

    PAGES = {"/healthz": health.healthz, "/readyz": health.readyz}

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.PAGES.get(request.path_info, self.get_response)(request)


class BrowserRules:
    """Tells browsers what no page of ours needs: camera, position, being part of another site's page."""

    OFF = ("browsing-topics", "camera", "display-capture", "geolocation", "microphone", "payment", "usb")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", ", ".join(f"{name}=()" for name in self.OFF))
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class Compressed(GZipMiddleware):
    """Compresses pages, but none that another site asked for.

    Whoever can make a browser load our page with words of theirs in it, and sees how long the answer is,
    could guess what else stands there. That takes requests that come from elsewhere, and browsers say so.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        from_elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
        page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.streaming or from_elsewhere or not page:
            return response
        return super().process_response(request, response)


class PrivateAnswers:
    """Keeps browsers and proxies from storing what was shown within a session, unless a view allows it.

    It goes by the cookie, not the user, so that it also covers error pages while the database is down.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class ReadableRequests:
    """Answers 400 to whatever cannot be read, before anybody else tries.

    The form is read just before the CSRF check would. The API, which has no such check, answers itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _extends_ascii(request.encoding or "utf-8"):
            request.encoding = "utf-8"  # for the page that says so
            return errors.bad_request(request, BadRequest())
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *arguments: Any) -> None:
        if getattr(view, "csrf_exempt", False):
            return
        try:
            _ = request.GET, request.POST
        except (UnicodeError, LookupError, UnreadablePostError, MultiPartParserError) as error:
            request._mark_post_parse_error()  # type: ignore[attr-defined] # nobody has to try again
            raise BadRequest("The form cannot be read.") from error


def _extends_ascii(encoding: str) -> bool:
    """Whether a form can be read in an encoding: Python also knows some for which %41 is no A."""
    every = bytes(range(128))
    if "escape" in encoding.lower():  # Python's own spellings of text
        return False
    try:
        return (
            codecs.decode(every, encoding) == every.decode()
            and codecs.encode(every.decode(), encoding) == every
        )
    except Exception:  # codecs raise whatever they like
        return False


class Bodies:
    """Refuses a body before it is read: too large for its sender, encoded, or without a length.

    portal.server has asked the same before it received the body; other servers have not.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        reason = request.META.get(REFUSED) or self._reason(request)
        # The API's own answer to a stranger is 401, without a look at the body; FilmDoor says why it is shut.
        if reason in ("", SHUT) or (reason == STRANGER and errors.is_api(request)):
            return self.get_response(request)
        why = refusal(reason, encoding=request.headers.get("Content-Encoding", ""))
        response = errors.answer(request, why.status, why.title, why.text, code=why.code)
        if why.status in (429, 503):
            response.headers["Retry-After"] = "60"
        return response

    def _reason(self, request: HttpRequest) -> str:
        length = request.META.get("CONTENT_LENGTH") or ""
        size = int(length) if length.isascii() and length.isdigit() else 0
        if size and request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            return ENCODED
        if not length and "Transfer-Encoding" in request.headers:
            return NO_LENGTH
        if size > settings.MAX_REQUEST_BYTES:
            return TOO_LARGE
        if size > settings.MAX_FORM_BYTES and not errors.is_api(request):
            return "" if getattr(request.user, "is_approved", False) else STRANGER
        return ""


class WordsForNotAllowed:
    """Gives words to who sends what an address does not take; Django's answer is empty."""

    TEXT = "Nothing was changed. Go back to the page you came from and use its buttons."

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            page = errors.answer(request, 405, "This address takes no such request", self.TEXT)
            page.headers["Allow"] = response.headers["Allow"]
            return page
        return response

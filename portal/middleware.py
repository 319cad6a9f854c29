"""Middleware that every request and response passes."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, UnreadablePostError

GetResponse = Callable[[HttpRequest], HttpResponseBase]


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


class ReadableForms:
    """Answers 400 to a form in an encoding that Python knows but cannot read forms in, such as IDNA.

    It reads the form just before the CSRF check would. The API, which has no such check, answers itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *arguments: Any) -> None:
        if getattr(view, "csrf_exempt", False):
            return
        try:
            _ = request.GET, request.POST
        except UnreadablePostError:
            return  # the sender is gone; the CSRF check handles that
        except (UnicodeError, LookupError) as error:
            raise BadRequest("The form's character encoding cannot be read.") from error

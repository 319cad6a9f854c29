"""What every request and every answer passes, whichever page it is for."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, UnreadablePostError

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class PrivateAnswers:
    """No browser and no proxy keeps what somebody with a session was shown, unless a view says otherwise.

    The cookie decides, not the user: this holds for error pages too, also while the database is away.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class ReadableForms:
    """Answers 400 to a form in an alphabet that Python knows and cannot read forms in, such as IDNA.

    Reads the form where the check against forged requests would read it next. The API, which has no such
    check, answers in its own words.
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
            return  # the sender is gone; the check that follows knows what to do
        except (UnicodeError, LookupError) as error:
            raise BadRequest("The form's alphabet cannot be read.") from error

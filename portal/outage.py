"""Answers requests while a part of the portal is away: words and a time to come back, never a 500."""

import contextlib
import logging
import sys
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string

from accounts.http import wants_json
from diagnosis.api import problems
from diagnosis.services import faults
from diagnosis.services.intake import door
from portal import errors
from portal.refusals import SHUT_BECAUSE
from portal.server.senders import by_token

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

CHUNK = 64 * 1024
MOST_DROPPED = 64 * 1024**2  # of one request; then its line is cut
NO_DATABASE = (
    "The portal cannot use its database just now. What was saved before is safe. Try again in a minute, and "
    "then look whether your last entry is there before you make it again."
)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for an error that nobody caught: 503 while the database is away, else Django's 500."""
    error = sys.exc_info()[1]
    if error is None or not faults.database_is_away(error):
        return errors.broken(request)
    logger.error("a request met a database that is away: %s", faults.name_of(error))
    answer = unavailable(request, 503, NO_DATABASE)
    answer.may_work_at_once = faults.connection_was_lost(error)  # type: ignore[attr-defined]  # a mark
    answer._has_been_logged = True  # type: ignore[attr-defined]  # one line, not a traceback for each request
    return answer


def unavailable(request: HttpRequest, status: int, text: str) -> HttpResponse:
    """Asks to come back later: as a page, as JSON for our script, as a problem for the API."""
    answer: HttpResponse
    if errors.is_api(request):
        title = "Not stored: no room" if status == 507 else "Not available just now"
        kind = f"{problems.TYPE_PREFIX}unavailable"
        problem = {"type": kind, "title": title, "detail": text, "status": status}
        answer = JsonResponse(problem, status=status, content_type=problems.MEDIA_TYPE)
    elif wants_json(request):
        answer = JsonResponse({"text": text}, status=status)
    else:  # without the request: who is asking stands in the database
        page = render_to_string("503.html", {"status": status, "text": text})
        answer = HttpResponse(page, status=status)
    answer.headers["Retry-After"] = str(problems.Unavailable.wait)
    return answer


class FilmDoor:
    """Refuses films before they are read, while they could not be kept or analysed.

    The server has asked already, for a large body that it knows the sender of. Who may not send any is told
    that instead, by the view.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *arguments: Any) -> HttpResponse | None:
        if not door.brings_films(request.method, view):
            return None
        length = request.META.get("CONTENT_LENGTH") or ""
        shut = request.META.get(SHUT_BECAUSE) or door.shut(int(length) if length.isdecimal() else 0)
        if shut is None or (
            errors.is_api(request) and not by_token(request.META.get("HTTP_AUTHORIZATION", ""))
        ):
            return None
        if "HTTP_EXPECT" not in request.META:  # who waits for a “continue” is answered at once
            _let_it_arrive(request)
        return unavailable(request, shut.status, shut.text)


def _let_it_arrive(request: HttpRequest) -> None:
    """Drop what is being sent, unseen: to a sender who is cut off in the middle, the words would be lost."""
    with contextlib.suppress(OSError):
        for _ in range(MOST_DROPPED // CHUNK):
            if not request.read(CHUNK):
                return


class ReadAgain:
    """Repeats a request that only reads, once, when its connection to the database was cut or a lock lost."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if request.method in ("GET", "HEAD") and getattr(answer, "may_work_at_once", False):
            connections.close_all()
            answer = self.get_response(request)
        return answer

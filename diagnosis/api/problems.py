"""Every error of the API as application/problem+json (RFC 9457): what happened and what to do."""

import logging
import math
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.signals import got_request_exception
from django.http import Http404, JsonResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from diagnosis.services import faults
from diagnosis.services.intake.form_reader import UnreadableField

logger = logging.getLogger(__name__)

DATABASE_AWAY: Final = (
    "The portal cannot use its database just now. Send the same request again, with the same Idempotency-Key."
)
MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:carina:problem:"
NOTHING: Final = "There is nothing at this address, or you may not see it."
BROKEN: Final = "Something went wrong on the server. Send the request again later."


class Problem(exceptions.APIException):
    """An error with its own type; `more` are further members of the response, for example the films."""

    def __init__(self, status: int, code: str, title: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status_code, self.code, self.title, self.more = status, code, title, more


class Unavailable(Problem):
    """A part of the portal is away: the same request will succeed later."""

    wait = 30

    def __init__(self, status: int, title: str, detail: str, **more: Any) -> None:
        super().__init__(status, "unavailable", title, detail, **more)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Turn any error of a view into a problem; an unexpected one is logged and becomes a 500."""
    if isinstance(error, Http404):
        error = exceptions.NotFound(NOTHING)
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        error = Problem(413, "too_large", "Request too large", "The request has too many files or fields.")
    elif isinstance(error, UnreadableField):
        error = exceptions.ValidationError({error.field: [error.message]})
    elif isinstance(error, UnreadablePostError | SuspiciousOperation | UnicodeError) or _unknown_codec(error):
        error = exceptions.ParseError("The request was cut off or cannot be read. Send it again.")
    elif faults.database_is_away(error):
        logger.error("a request of the API met a database that is away: %s", faults.name_of(error))
        error = Unavailable(503, "Not available just now", DATABASE_AWAY)
    if not isinstance(error, exceptions.APIException):
        got_request_exception.send(sender=None, request=context.get("request"))
        logger.error("unexpected error in the API", exc_info=error)
        error = exceptions.APIException(BROKEN)
    return _response(error)


def answer(status: int, title: str, detail: str, *, code: str = "") -> JsonResponse:
    """A problem that no view of the API met, such as a request that is not read at all."""
    kind = TYPE_PREFIX + code if code else "about:blank"
    body = {"type": kind, "title": title, "detail": detail, "status": status}
    return JsonResponse(
        body, status=status, content_type=MEDIA_TYPE, json_dumps_params={"ensure_ascii": False}
    )


def _unknown_codec(error: Exception) -> bool:
    """Whether a part of the request names a character encoding that Python does not have."""
    return type(error) is LookupError  # a KeyError would be a fault of ours


def _response(error: exceptions.APIException) -> Response:
    problem: dict[str, Any]
    if isinstance(error, Problem):
        problem = {"type": TYPE_PREFIX + error.code, "title": error.title, "detail": str(error.detail)}
        problem |= error.more
    elif isinstance(error, exceptions.ValidationError):
        problem = {
            "type": TYPE_PREFIX + "invalid",
            "title": "Some fields are missing or wrong",
            "detail": "Nothing was stored. Correct the fields named in “errors” and send the request again.",
            "errors": error.detail,
        }
    else:
        title = HTTPStatus(error.status_code).phrase
        problem = {"type": "about:blank", "title": title, "detail": str(error.detail)}
    problem["status"] = error.status_code
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return Response(problem, status=error.status_code, headers=headers, content_type=MEDIA_TYPE)

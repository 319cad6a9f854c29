"""Responses of every endpoint."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from diagnosis.api.problems import MEDIA_TYPE, TYPE_PREFIX
from diagnosis.api.schema.made import made
from diagnosis.api.serializers import ProblemSerializer


def problem(text: str, *examples: OpenApiExample) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, description=text, examples=list(examples))


def example(name: str, status: int, code: str, title: str, detail: str, **more: Any) -> OpenApiExample:
    kind = TYPE_PREFIX + code if code else "about:blank"
    value = {"type": kind, "title": title, "status": status, "detail": detail, **more}
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)])


COMMON: Final = {
    (401, MEDIA_TYPE): problem(
        "No token, or one that is unknown or revoked.",
        example(
            "Revoked token", 401, "", "Unauthorized",
            "This token is unknown or was revoked. The clinic's administrator can make a new one.",
        ),
    ),
    (403, MEDIA_TYPE): problem(
        "The token lacks a scope; `missing_scopes` says which.",
        made("scope_missing", "Scope missing", 403),
    ),
    (406, MEDIA_TYPE): problem("`Accept` names nothing that this address answers with."),
    (429, MEDIA_TYPE): problem(
        "Too many requests; `Retry-After` says for how many seconds.",
        example(
            "Throttled", 429, "", "Too Many Requests",
            "Request was throttled. Expected available in 4 seconds.",
        ),
    ),
}  # fmt: skip

"""Authenticates clinic computers by a token that the clinic's administrator made."""

import contextlib
from collections.abc import Sequence
from typing import Any, Final, cast

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import tokens
from accounts.models import ApiToken, Scope
from diagnosis.api.problems import Problem
from diagnosis.api.throttling import BadTokenThrottle

KEYWORD: Final = "Token"
_KEYWORDS: Final = (b"token", b"bearer")  # the second is what clients of DICOMweb can be told to send
LONGEST: Final = 200


class TokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Token carina_…`, or Bearer; `request.auth` is the ApiToken, `request.user` is
    anonymous.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiToken] | None:
        header = get_authorization_header(request).split()
        if not header:
            return None
        if len(header) != 2 or header[0].lower() not in _KEYWORDS:
            raise self._refused(request, f"Send the header “Authorization: {KEYWORD} …” with your token.")
        plain = header[1].decode("ascii", errors="replace")
        token = tokens.find(plain) if len(plain) <= LONGEST else None
        if token is None:
            why = tokens.why_refused(plain) if len(plain) <= LONGEST else "This token is unknown."
            raise self._refused(request, f"{why} The clinic's administrator can make a new one.")
        with contextlib.suppress(OperationalError):  # a database that takes nothing can still be read
            tokens.touch(token)
        return AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="Carina API"'

    def _refused(self, request: Request, message: str) -> Exception:
        # Only wrong tokens count: a broken program behind the same address must not block correct ones.
        throttle, no_view = BadTokenThrottle(), cast(Any, None)
        if not throttle.allow_request(request, no_view):
            return Throttled(throttle.wait(), "Too many wrong tokens from this address.")
        return AuthenticationFailed(message)


class ScopeMissing(Problem):
    """The token may not do this; the response says which scope it lacks, to people and to programs."""

    def __init__(self, token: ApiToken, missing: Sequence[Scope]) -> None:
        wanted, may = _quoted(missing), _quoted(token.allowed)
        detail = (
            f"This needs the scope {wanted}; the token has {may}. The clinic’s administrator can make one "
            "that has it, under Profile → API tokens."
        )
        super().__init__(403, "scope_missing", "Not with this token", detail, missing_scopes=list(missing))
        words = " ".join(missing)
        self.auth_header = f'{KEYWORD} realm="Carina API", error="insufficient_scope", scope="{words}"'


def _quoted(scopes: Sequence[Scope]) -> str:
    return " and ".join(f"“{scope.value}”" for scope in scopes)


class HasScopes(BasePermission):
    """Allows requests with a token that has not ended and has the scopes of the view's method."""

    message = "This address needs a token."

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        if not isinstance(token, ApiToken) or not token.is_usable:
            return False
        method = request.method or ""
        offered = hasattr(view, method.lower())  # what is not offered is told as such (405)
        needed: dict[str, tuple[Scope, ...]] = view.scopes if offered else {}
        missing = [scope for scope in needed.get(method, ()) if scope not in token.allowed]
        if missing:
            raise ScopeMissing(token, missing)
        return True


class TokenScheme(OpenApiAuthenticationExtension):
    """The token's description in the API schema."""

    target_class = "diagnosis.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token carina_…`, made by the clinic's administrator under Profile → API tokens. "
            "It may send, read or manage, as was ticked there (403 says what is missing). In the two weeks "
            "before it ends, responses say when, in `X-Token-Expires`. Its next key is made on the same "
            "page; the old one works until the time stated there.",
        }

"""Authenticates clinic computers by a token that the clinic's administrator made."""

import contextlib
from typing import Any, Final, cast

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import tokens
from accounts.models import ApiToken
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


class IsTokenHolder(BasePermission):
    """Allows requests with a token that has not ended."""

    message = "This address needs a token."

    def has_permission(self, request: Request, view: object) -> bool:
        return isinstance(request.auth, ApiToken) and request.auth.is_usable


class TokenScheme(OpenApiAuthenticationExtension):
    """The token's description in the API schema."""

    target_class = "diagnosis.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token carina_…`, made by the clinic's administrator under Profile → Tokens.",
        }

"""Who sends a large body, told by the session or the token before the body is received."""

import importlib
from http.cookies import CookieError
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest, parse_cookie

from accounts import tokens

KEYWORDS = ("token", "bearer")
LONGEST = 200  # of a session's or a token's key


class Sender(NamedTuple):
    """Somebody who may send films."""

    name: str
    clinic: str


def sender(environ: dict[str, Any]) -> Sender | None:
    """The sender of a request by its session or token, or None for a stranger."""
    close_old_connections()
    try:
        return by_token(environ.get("HTTP_AUTHORIZATION", "")) or _by_session(environ.get("HTTP_COOKIE", ""))
    finally:
        close_old_connections()


def by_token(header: str) -> Sender | None:
    """The computers of a clinic, by the header that has their token; None where it is wrong or missing."""
    keyword, _, plain = header.strip().partition(" ")
    if keyword.lower() not in KEYWORDS or len(plain) > LONGEST:
        return None
    token = tokens.find(plain.strip())
    return Sender(f"computers {token.clinic_id}", f"clinic {token.clinic_id}") if token else None


def _by_session(header: str) -> Sender | None:
    try:
        key = parse_cookie(header).get(settings.SESSION_COOKIE_NAME, "")
    except CookieError:
        return None
    if not key or len(key) > LONGEST:
        return None
    request = HttpRequest()
    request.session = importlib.import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    if not (user.is_authenticated and getattr(user, "is_approved", False)):
        return None
    return Sender(f"user {user.pk}", f"clinic {user.clinic_id}")

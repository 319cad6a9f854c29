"""Limits how often one token may call and how often one address may guess.

Counted in the portal's cache, which lets everybody in while it is down: films matter more.
"""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import ApiToken


class TokenThrottle(SimpleRateThrottle):
    """The limit per token."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if not isinstance(request.auth, ApiToken):
            return None
        return str(self.cache_format % {"scope": self.scope, "ident": request.auth.pk})


class BadTokenThrottle(SimpleRateThrottle):
    """The limit per address, counting only requests with a wrong token."""

    scope = "bad_token"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return str(self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)})

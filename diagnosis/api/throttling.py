"""How often one token may call, and how often one address may guess.

Counted in the portal's cache, which lets everybody in while it is down: films matter more.
"""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import ApiToken


class TokenThrottle(SimpleRateThrottle):
    """By token."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if not isinstance(request.auth, ApiToken):
            return None
        return str(self.cache_format % {"scope": self.scope, "ident": request.auth.pk})


class BadTokenThrottle(SimpleRateThrottle):
    """By address, counting only requests whose token is wrong."""

    scope = "bad_token"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return str(self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)})

"""How often one token may call, and how often one address may guess."""

import logging
from typing import Any

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import ApiToken

logger = logging.getLogger(__name__)


class _Lenient(SimpleRateThrottle):
    """Counts in the cache; without a cache nobody is turned away: films matter more."""

    def allow_request(self, request: Request, view: Any) -> bool:
        try:
            return bool(super().allow_request(request, view))
        except (RedisError, OSError) as error:
            logger.warning("nobody is throttled, the cache is down: %s", type(error).__name__)
            return True


class TokenThrottle(_Lenient):
    """By token."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if not isinstance(request.auth, ApiToken):
            return None
        return str(self.cache_format % {"scope": self.scope, "ident": request.auth.pk})


class BadTokenThrottle(_Lenient):
    """By address, counting only requests whose token is wrong."""

    scope = "bad_token"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return str(self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)})

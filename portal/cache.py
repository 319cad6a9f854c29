"""A Redis cache that may be down: rate limits and heartbeats are then lost, the portal keeps working."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from portal.sealed import SealedClient

logger = logging.getLogger(__name__)

SECONDS_BEFORE_ASKING_AGAIN = 5.0


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, which behaves like an empty one while Redis is down.

    Nothing is kept here that must not be lost. While Redis is down, `add` returns True, so that locks and
    limits let people in: a doctor must be able to sign in at night without the cache. After a failure Redis
    is left alone for a few seconds, so that a page does not wait for one time-out after another.
    """

    _down_until = 0.0

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        # redis-py by default retries for seconds, too long for a page.
        patience = {"socket_connect_timeout": 2, "socket_timeout": 2, "retry": Retry(NoBackoff(), 1)}
        super().__init__(server, {**params, "OPTIONS": {**patience, **params.get("OPTIONS", {})}})
        self._class = SealedClient

    def _forgive(self, operation: Callable[..., Any], otherwise: Any) -> Any:
        if time.monotonic() < type(self)._down_until:
            return otherwise
        try:
            return operation()
        except (RedisError, OSError) as error:
            type(self)._down_until = time.monotonic() + SECONDS_BEFORE_ASKING_AGAIN
            logger.warning("the cache does not answer, continuing without it (%s)", type(error).__name__)
            return otherwise


def _forgiving(name: str, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    original = getattr(RedisCache, name)

    @wraps(original)
    def method(self: ForgivingRedisCache, *args: Any, **kwargs: Any) -> Any:
        return self._forgive(lambda: original(self, *args, **kwargs), otherwise(*args, **kwargs))

    return method


def _default(key: Any, default: Any = None, version: Any = None) -> Any:
    return default


_OTHERWISE: dict[str, Callable[..., Any]] = {
    "add": lambda *args, **kwargs: True,
    "get": _default,
    "set": lambda *args, **kwargs: None,
    "touch": lambda *args, **kwargs: False,
    "delete": lambda *args, **kwargs: False,
    "get_many": lambda *args, **kwargs: {},
    "has_key": lambda *args, **kwargs: False,
    "incr": lambda key, delta=1, version=None: delta,
    "set_many": lambda data, *args, **kwargs: list(data),
    "delete_many": lambda *args, **kwargs: None,
    "clear": lambda *args, **kwargs: False,
}
for _name, _otherwise in _OTHERWISE.items():
    setattr(ForgivingRedisCache, _name, _forgiving(_name, _otherwise))

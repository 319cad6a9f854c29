"""Redis values as signed JSON: what anybody else wrote there is not there, whatever it is."""

import json
import time
from typing import Any, Final

from django.core.cache.backends.redis import RedisCacheClient
from django.core.signing import BadSignature, Signer
from redis.exceptions import ResponseError

ADD_ATTEMPTS: Final = 2  # the second after a value was cleared away that is not ours
FOREIGN: Final = b""

_ABSENT: Any = object()


class Plain:
    """The values as they are: the client below seals them, for it knows the keys."""

    def dumps(self, value: Any) -> Any:
        return value

    def loads(self, value: Any) -> Any:
        return value


class SealedClient(RedisCacheClient):
    """Django's client without pickles, which run code, and without values under another key than theirs.

    Rate limits keep lists of moments, asked for with an empty list as default. They are lists of numbers or
    not there, and moments ahead are dropped: they were counted before the clock was set back.
    """

    def __init__(self, servers: Any, **options: Any) -> None:
        super().__init__(servers, **{**options, "serializer": Plain})

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        """Write what is not there yet; of several at once one alone does, since locks are made of this."""
        for _ in range(ADD_ATTEMPTS):
            if super().add(key, _sealed(key, value), timeout):
                return True
            try:
                found = super().get(key, None)
            except ResponseError:  # another kind of value, such as a hash
                found = FOREIGN
            if found is None:
                return False  # its owner took it away just now: it was there when we asked
            if _open(key, found) is not _ABSENT:
                return False
            self.delete(key)  # nobody of ours wrote that
        return False

    def get(self, key: Any, default: Any) -> Any:
        value = self._opened(key)
        if isinstance(default, list) and value is not _ABSENT:
            value = _moments(value)
        return default if value is _ABSENT else value

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        super().set(key, _sealed(key, value), timeout)

    def incr(self, key: Any, delta: int) -> int:
        """Count up; two at the same moment may count as one, which a limit can bear."""
        value = self._opened(key)
        if type(value) is not int:
            raise ValueError(f"Key '{key}' not found.")
        left = self.get_client(key).pttl(key)
        super().set(key, _sealed(key, value + delta), max(1, left // 1000) if left > 0 else None)
        return value + delta

    def get_many(self, keys: Any) -> dict[Any, Any]:
        return {
            key: value
            for key, data in super().get_many(keys).items()
            if (value := _open(key, data)) is not _ABSENT
        }

    def set_many(self, data: Any, timeout: Any) -> None:
        super().set_many({key: _sealed(key, value) for key, value in data.items()}, timeout)

    def _opened(self, key: Any) -> Any:
        try:
            return _open(key, super().get(key, None))
        except ResponseError:  # another kind of value, such as a hash
            return _ABSENT


def _signer(key: Any) -> Signer:
    return Signer(salt=f"portal.sealed {key}")


def _sealed(key: Any, value: Any) -> str:
    return _signer(key).sign(json.dumps(value))


def _open(key: Any, data: Any) -> Any:
    if not isinstance(data, bytes):
        return _ABSENT
    try:
        return json.loads(_signer(key).unsign(data.decode()))
    except (BadSignature, ValueError):
        return _ABSENT


def _moments(value: Any) -> Any:
    now = time.time() + 1
    if not isinstance(value, list) or not all(isinstance(moment, int | float) for moment in value):
        return _ABSENT
    return [moment for moment in value if moment <= now]

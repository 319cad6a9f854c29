"""How often a password may be tried: whoever guesses waits, not the account's owner and not their hospital.

A browser in which the person has signed in before has an allowance of its own, which nobody else can use up.
All others share three:

- one account from one address of the network: a few, so that a colleague behind the same address who signs in
  to another account notices nothing;
- one account from anywhere: for guesses spread over many addresses;
- one address of the network, over all accounts: for one password tried on everybody.

Whoever is stopped by them is told how long to wait, and that a new password chosen by mail lets them in at
once: reading the mail proves more than knowing the browser.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

from accounts import browsers
from accounts.models import User

RATES = {
    "browser": "10/5m/key",
    "account_here": "5/5m/key",
    "account": "50/1h/key",
    "network": "100/10m/key",
}
APP = "carina"


class TooManyAttempts(Exception):
    """The password was not looked at; `wait` is in seconds, `limit` one of RATES.

    `first` says that nobody was stopped by this limit since it began to hold: the record tells once.
    """

    def __init__(self, *, limit: str, wait: int, first: bool) -> None:
        super().__init__(limit)
        self.limit, self.wait, self.first = limit, wait, first

    @property
    def message(self) -> str:
        words = f"Too many attempts. Try again in {_in_words(self.wait)}"
        if self.limit == "browser":
            return f"{words}."
        return f"{words}, or choose a new password by e-mail: then you can sign in here at once."


@dataclass
class Attempt:
    """An attempt that was counted; a right password takes it back."""

    counted: list[ratelimit.RateLimitUsage]

    def rollback(self) -> None:
        for usage in self.counted:
            usage.rollback()


def count(request: HttpRequest, *, address: str, user: User | None) -> Attempt:
    """Count an attempt before the password is looked at, so that many at once are not more than one by one.

    Raises TooManyAttempts.
    """
    attempt = Attempt([])
    for limit, key in _limits(request, address.strip().lower(), user):
        usage = ratelimit.consume(request, app=APP, action=limit, config=RATES, key=key, limit_get=True)
        if usage is None:
            attempt.rollback()
            raise _stopped(request, limit, key)
        attempt.counted.append(usage)
    return attempt


def _limits(request: HttpRequest, address: str, user: User | None) -> Iterator[tuple[str, str]]:
    browser = browsers.known(request, user)
    if browser is not None or browsers.is_proved_by_mail(request, user):
        place = browser.key_hash if browser else str(request.session.session_key)
        yield "browser", f"{place} {address}"
        return
    network = ratelimit.get_ip(request)
    yield "account_here", f"{network} {address}"
    yield "account", address
    yield "network", network


def _stopped(request: HttpRequest, limit: str, key: str) -> TooManyAttempts:
    (rate,) = ratelimit.get_rates(app=APP, action=limit, config=RATES)
    place = ratelimit.get_cache_key(request, app=APP, action=limit, rate=rate, key=key)
    oldest = min(cache.get(place, []), default=time.time() - rate.duration)
    wait = max(1, math.ceil(oldest + rate.duration - time.time()))
    first = bool(cache.add(f"{place}:told", True, timeout=wait))
    return TooManyAttempts(limit=limit, wait=wait, first=first)


def _in_words(seconds: int) -> str:
    if seconds < 90:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"

"""Whose request is answered next: networks take turns, so that one with many requests holds up no other."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from django.http import HttpRequest

from accounts.denials import network


def network_of(environ: dict[str, Any]) -> str:
    """The network that a request comes from, as the proxy names it where one is believed."""
    request = HttpRequest()
    request.META = environ
    return network(request)


class Turns:
    """So many places; whoever waits for one gets it when the networks that wait before it had theirs."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}  # networks in the order of their turns

    @asynccontextmanager
    async def of(self, network: str) -> AsyncIterator[None]:
        """Wait for a place and hold it."""
        if self._free:
            self._free -= 1
        else:
            await self._called(network)
        try:
            yield
        finally:
            self._pass_on()

    async def _called(self, network: str) -> None:
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(network, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it was given a place that nobody will use
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            network = next(iter(self._waiting))
            queue = self._waiting.pop(network)
            place = queue.popleft()
            if queue:
                self._waiting[network] = queue  # behind the others
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

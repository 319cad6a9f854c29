"""Networks take turns: one that asks for very much holds up no other."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pytest_django.fixtures import SettingsWrapper

from portal.server.front import Front
from portal.server.turns import Turns, network_of


def scope(address: str) -> dict[str, Any]:
    return {
        "type": "http", "method": "GET", "http_version": "1.1", "raw_path": b"/", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")], "client": (address, 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip


def test_a_network_with_many_requests_does_not_hold_up_another() -> None:
    served: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], start_response: Callable[..., None]) -> Iterable[bytes]:
        begun.set()
        go_on.wait(10)
        served.append(environ["REMOTE_ADDR"])
        start_response("200 OK", [])
        return [b""]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        """Nobody reads the answers."""

    async def flood() -> None:
        front = Front(application, threads=1, log=None)
        many = [asyncio.create_task(front(scope("10.0.0.1"), receive, send)) for _ in range(20)]
        await asyncio.to_thread(begun.wait, 10)
        honest = asyncio.create_task(front(scope("10.0.0.2"), receive, send))
        for _ in range(100):  # until each of them waits for its turn
            await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(honest, *many)

    asyncio.run(flood())
    assert len(served) == 21
    assert served.index("10.0.0.2") <= 5, "in its turn, not after the twenty before it"


def test_who_hangs_up_while_waiting_or_when_called_takes_no_place() -> None:
    async def waits(turns: Turns, network: str, done: list[str]) -> None:
        async with turns.of(network):
            done.append(network)

    async def scene() -> list[str]:
        turns, done = Turns(1), list[str]()
        async with turns.of("a"):
            tasks = [asyncio.create_task(waits(turns, name, done)) for name in ("b", "b", "c", "d")]
            await asyncio.sleep(0)
            tasks[0].cancel()
            await asyncio.sleep(0)
        tasks[1].cancel()  # may have been called just now
        await asyncio.gather(*tasks, return_exceptions=True)
        async with turns.of("e"):
            done.append("e")
        return done

    assert asyncio.run(scene()) == ["c", "d", "e"]


@pytest.mark.parametrize(("behind", "network"), [(True, "10.9.9.9"), (False, "10.0.0.1")])
def test_the_network_is_the_one_that_the_proxy_names(
    settings: SettingsWrapper, behind: bool, network: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = int(behind)
    assert network_of({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 10.9.9.9"}) == network

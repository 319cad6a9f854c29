"""A receiver on a port of its own, and a webhook of clinic A that leads to it."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django.fixtures import SettingsWrapper

from diagnosis.models import Webhook, WebhookDelivery, WebhookKind
from diagnosis.services import webhooks
from tests.conftest import Cast

EVERY = [kind.value for kind in WebhookKind]


@dataclass
class Receiver:
    """What it was sent, and what it answers next. `drips`: it answers a letter at a time, for ever."""

    address: str = ""
    messages: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    answer: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drips: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def said(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.messages]


def served(receiver: Receiver) -> ThreadingHTTPServer:
    """The receiver's server, listening on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.messages.append((dict(self.headers), body))
            if receiver.drips:
                self._drip()
                return
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.answer)

        def _drip(self) -> None:
            try:
                while not receiver.ended.wait(0.05):
                    self.wfile.write(b"H")
            except OSError:
                receiver.ended.set()  # the portal hung up

        def log_message(self, *_: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def start_receiver() -> Iterator[Callable[[], Receiver]]:
    running: list[ThreadingHTTPServer] = []

    def start() -> Receiver:
        receiver = Receiver()
        server = served(receiver)
        running.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        receiver.address = f"http://127.0.0.1:{server.server_address[1]}/carina?key=secret-in-the-address"
        return receiver

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver(start_receiver: Callable[[], Receiver]) -> Receiver:
    return start_receiver()


@pytest.fixture(autouse=True)
def this_machine_is_allowed(settings: SettingsWrapper) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]


@dataclass
class Hook:
    """A webhook and its secret."""

    row: Webhook
    secret: str

    @property
    def told(self) -> WebhookDelivery:
        return self.row.deliveries.get()


@pytest.fixture
def hook(cast: Cast, receiver: Receiver) -> Hook:
    return hooked(cast, receiver)


def hooked(cast: Cast, receiver: Receiver, kinds: list[str] = EVERY) -> Hook:
    return Hook(
        *webhooks.add(clinic=cast.clinic_a, address=receiver.address, kinds=kinds, by=cast.administrator)
    )

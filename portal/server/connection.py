"""One connection: how long its client may take to send a header, to go on sending, and to read the answer."""

import contextlib
import socket
import struct
import time
from typing import Any, Final

from gunicorn.asgi.protocol import ASGIProtocol

SECONDS_FOR_HEADERS: Final = 10.0
# A reader must take this much in this time; the operating system's own buffers come on top.
READ_WINDOW: Final = 20.0
READ_BYTES: Final = 20 * 1024

IDLE, SENDING, KNOWN = range(3)  # in the order in which connections have to make room for others


class Connection(ASGIProtocol):
    """A connection of gunicorn's asynchronous worker, with deadlines. `known`: its sender may send films."""

    def __init__(self, worker: Any) -> None:
        super().__init__(worker)
        self.since = time.monotonic()
        self.known = False
        self._headers_due: float | None = None
        self._handed = 0
        self._read_mark: tuple[float, int] | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._headers_due = self.since + SECONDS_FOR_HEADERS
        self.worker.welcome(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.worker.connections.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._awaiting_request and self._headers_due is None:  # the next request on this connection begins
            self._cancel_keepalive_timer()
            self._headers_due = time.monotonic() + SECONDS_FOR_HEADERS
        super().data_received(data)

    def _on_headers_complete(self) -> Any:
        self._headers_due = None
        self.known = False
        self.since = time.monotonic()
        return super()._on_headers_complete()

    def _build_http_scope(self, *arguments: Any) -> dict[str, Any]:
        return {**super()._build_http_scope(*arguments), "carina.connection": self}

    def _send_body(
        self, body: Any, chunked: bool = False, last: bool = False, size: int | None = None
    ) -> None:
        super()._send_body(body, chunked, last, size)
        self._handed += len(body)

    @property
    def unread(self) -> bytes:
        """What came of a body before its line broke and nobody has asked for."""
        return b"".join(getattr(self._body_receiver, "_chunks", ()))

    @property
    def rank(self) -> int:
        """How readily this connection makes room: first those that nobody is working for."""
        if self.known:
            return KNOWN
        return IDLE if self._awaiting_request else SENDING

    def end_if_overdue(self, now: float) -> None:
        """Close the connection if its client has missed a deadline; called every second."""
        if self._headers_due is not None and now > self._headers_due:
            self.give_up(408, "The request's header took too long.\n")
        elif self._reads_too_slowly(now):
            self.throw_out()

    def give_up(self, status: int, text: str) -> None:
        """Answer in one line and close, without waiting for whoever does not read it."""
        self._headers_due = None
        if not self.transport.is_closing():
            self._send_error_response(status, text)
            self._close_transport()
        if self._request_ready is not None:
            self._request_ready.set()

    def throw_out(self) -> None:
        """Close at once and forget what was not read, in the operating system's own buffers too."""
        with contextlib.suppress(OSError):
            line = self.transport.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _reads_too_slowly(self, now: float) -> bool:
        left = self.transport.get_write_buffer_size()
        if not left:
            self._read_mark = None
            return False
        taken = self._handed - left
        if self._read_mark is None:
            self._read_mark = now, taken
        since, before = self._read_mark
        if now - since < READ_WINDOW:
            return False
        self._read_mark = now, taken
        return taken - before < READ_BYTES

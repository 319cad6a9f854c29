"""Posts one message to a receiver: certificates are checked, redirects are not followed, no proxy is used.

The whole of it takes ten seconds at most, however slowly a receiver speaks, and little of its answer is read.
"""

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import Final

from diagnosis.services.webhooks.addresses import Place

SECONDS: Final = 10
MOST_READ: Final = 800  # bytes
MOST_KEPT: Final = 200  # characters


class NotTaken(Exception):
    """The receiver does not have the message; `message` says why, `status` what it answered, if it did."""

    def __init__(self, message: str, status: int | None = None) -> None:
        self.message, self.status = message[:MOST_KEPT], status
        super().__init__(message)


class _Link(HTTPConnection):
    """A connection to network addresses that were judged before; the name is not looked up again."""

    def __init__(self, place: Place, addresses: list[str]) -> None:
        super().__init__(place.host, place.port, timeout=SECONDS)
        self._place, self._addresses, self._over = place, addresses, False

    def connect(self) -> None:
        self.sock = _first_that_answers(self._addresses, self._place.port)
        if self._over:
            raise TimeoutError
        self.sock.settimeout(SECONDS)
        if self._place.secure:
            context = ssl.create_default_context()
            secured = context.wrap_socket(
                self.sock, server_hostname=self._place.host, do_handshake_on_connect=False
            )
            self.sock = secured
            secured.do_handshake()

    def hang_up(self) -> None:
        """End it from another thread; what waits for the receiver goes on with an error."""
        self._over = True
        if self.sock is not None:
            with suppress(OSError):  # past the seal of TLS, which would wait for the receiver's word
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def post(place: Place, addresses: list[str], body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """Send the message; the status and the beginning of what was answered. Raises NotTaken."""
    sent = {"Host": place.name, "Content-Type": "application/json", "User-Agent": "Carina", **headers}
    with closing(_Link(place, addresses)) as link:
        timer = threading.Timer(SECONDS, link.hang_up)
        timer.daemon = True
        timer.start()
        try:
            link.request("POST", place.path, body=body, headers=sent)
            answer = link.getresponse()
            status, words = answer.status, _readable(answer.read(MOST_READ))
        except ssl.SSLCertVerificationError:
            raise NotTaken("The receiver’s certificate is not valid here.") from None
        except (OSError, HTTPException, ValueError) as error:  # its text may hold the address
            raise NotTaken(f"The receiver could not be reached ({type(error).__name__}).") from None
        finally:
            timer.cancel()
    if 200 <= status < 300:
        return status, words
    why = f"Redirects are not followed. {words}".strip() if 300 <= status < 400 else words
    raise NotTaken(why or "It did not take the message.", status)


def _first_that_answers(addresses: list[str], port: int) -> socket.socket:
    last: OSError = OSError("no address")
    for address in addresses[:2]:
        try:
            return socket.create_connection((address, port), timeout=SECONDS / 2)
        except OSError as error:
            last = error
    raise last


def _readable(content: bytes) -> str:
    text = content.decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:MOST_KEPT]

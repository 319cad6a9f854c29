"""A line between a browser and the portal that the test makes slow, cuts and mends."""

import contextlib
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Final, Self

PIECE: Final = 2048
BUFFER: Final = 8 * 1024  # with more, a browser would have sent what the line has not carried
_CUT: Final = struct.pack("ii", 1, 0)  # SO_LINGER: closed at once, as by a line that is gone


class Relay:
    """Carries connections to a port of this machine. speed: bytes a second towards the portal, or None."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.speed: int | None = None
        self._open: set[socket.socket] = set()
        self._is_cut = False
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._listener.close()

    def cut(self) -> None:
        """Break every connection; until the line is mended, each new one breaks too."""
        self._is_cut = True
        for line in list(self._open):
            _break(line)

    def mend(self) -> None:
        self._is_cut = False

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                if self._is_cut:
                    _break(browser)
                    continue
                portal = socket.create_connection(("127.0.0.1", self._target))
                self._open |= {browser, portal}
                threading.Thread(target=self._carry, args=(browser, portal, True), daemon=True).start()
                threading.Thread(target=self._carry, args=(portal, browser, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, slowly: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                target.sendall(piece)
                if slowly and self.speed:
                    time.sleep(len(piece) / self.speed)  # this is what makes the line slow
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
        self._open.discard(source)


def _break(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CUT)
        line.shutdown(socket.SHUT_RDWR)
        line.close()

"""Receives the body of a request: how much and how fast depends on who sends it."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from django.conf import settings

from portal.refusals import NO_ROOM, NOT_NOW, SHUT, SHUT_BECAUSE, STRANGER, TOO_LARGE, TOO_MANY, TOO_SLOW
from portal.server.films import keeps_what_came, shut
from portal.server.senders import Sender, sender

logger = logging.getLogger(__name__)

IN_MEMORY: Final = 256 * 1024
PIECE: Final = 256 * 1024  # written to disk at once
SECONDS_FOR_A_FORM: Final = 20.0
# A known sender's line may be slow, as long as something comes and the whole keeps to this pace.
SECONDS_WITHOUT_A_BYTE: Final = 30.0
GRACE: Final = 30.0
BYTES_A_SECOND: Final = 1024
DRAIN_SECONDS, DRAIN_IDLE = 30.0, 1.0  # a browser on a slow line reads its answer only after sending
MOST_AT_ONCE: Final = 8  # large bodies of one sender in one process …
MOST_IN_ALL: Final = 64  # … and of all: each may be an open file


class Gone(Exception):
    """The client has closed the connection."""


class Refused(Exception):
    """The body is not received. `reason` is one of portal.refusals."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Large:
    """Counts the large bodies on their way, by sender and clinic.

    A clinic gets one more only while it has fewer than are still free: alone it may have half of all, one of
    two a third, and whoever comes next always finds room.
    """

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()
        self._all = 0

    def enter(self, who: Sender) -> bool:
        """Whether one more may come."""
        free = MOST_IN_ALL - self._all
        if self._of[who.name] >= MOST_AT_ONCE or self._of[who.clinic] >= free:
            return False
        self._of.update({who.name, who.clinic})
        self._all += 1
        return True

    def leave(self, who: Sender) -> None:
        self._of.subtract({who.name, who.clinic})
        self._of = +self._of  # no row for those who have none
        self._all -= 1


class Receiver:
    """Receives one body into a file."""

    def __init__(
        self,
        environ: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        requests: Executor,
        files: Executor,
        large: Large,
        unread: Callable[[], bytes],
    ) -> None:
        self._environ, self._receive, self._unread = environ, receive, unread
        self._requests, self._files, self._large = requests, files, large
        self._began = time.monotonic()
        self._received = 0
        self._sender: Sender | None = None
        self._complete = False
        self.cut = False
        self._kept: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(  # noqa: SIM115 - whoever reads closes it
            IN_MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR
        )
        self._piece = bytearray()

    def close(self) -> None:
        """Count the sender out."""
        if self._sender is not None:
            self._large.leave(self._sender)

    async def whole(self, *, on_known: Callable[[], None]) -> IO[bytes]:
        """The body as a file, with its length in the environment. Raises Refused and Gone.

        `cut`, afterwards: its end never came, and the answer may find nobody.
        """
        announced = self._environ.get("CONTENT_LENGTH", "")
        await self._check(int(announced) if announced.isascii() and announced.isdigit() else 0, on_known)
        try:
            while not self._complete:
                await self._more()
                await self._check(self._received, on_known)
        except (Gone, Refused) as why:
            if not self._is_cut_off(why):
                raise
        try:
            await self._store()
        except OSError as error:
            raise Refused(NO_ROOM) from error
        self._kept.seek(0)
        if self._received or announced:
            self._environ["CONTENT_LENGTH"] = str(self._received)
        self._environ.pop("HTTP_TRANSFER_ENCODING", None)  # what the application reads is whole
        return self._kept

    def _is_cut_off(self, why: Exception) -> bool:
        """Whether the line broke, or was too slow, in a body whose first part is of use: it is handed on."""
        broke = isinstance(why, Gone) or (isinstance(why, Refused) and why.reason == TOO_SLOW)
        if not broke or not keeps_what_came(self._environ):
            return False
        self._piece += (unread := self._unread())
        self._received += len(unread)
        self.cut = self._received > 0
        return self.cut

    async def _check(self, size: int, on_known: Callable[[], None]) -> None:
        """Refuse a body of more than its sender may send; who sends it is asked for large ones only."""
        if size <= settings.MAX_FORM_BYTES:
            return
        if self._sender is None:
            await self._ask_who(size)
            on_known()
        if size > settings.MAX_REQUEST_BYTES:
            raise Refused(TOO_LARGE)

    async def _ask_who(self, size: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            known = await loop.run_in_executor(self._requests, sender, self._environ)
            because = await loop.run_in_executor(self._requests, shut, self._environ, size) if known else None
        except Exception as error:  # no database, no session store
            logger.warning("nobody can say who sends a large body: %r", error)
            raise Refused(NOT_NOW) from error
        if known is None:
            raise Refused(STRANGER)
        if because is not None:
            self._environ[SHUT_BECAUSE] = because
            raise Refused(SHUT)
        if not self._large.enter(known):
            raise Refused(TOO_MANY)
        self._sender = known

    async def _more(self) -> None:
        try:
            async with asyncio.timeout(self._patience()):
                message = await self._receive()
        except TimeoutError as error:
            raise Refused(TOO_SLOW) from error
        if message["type"] != "http.request":
            raise Gone
        piece = message.get("body", b"")
        self._received += len(piece)
        self._piece += piece
        self._complete = not message.get("more_body", False)
        if len(self._piece) >= PIECE:
            try:
                await self._store()
            except OSError as error:
                raise Refused(NO_ROOM) from error

    def _patience(self) -> float:
        """How many seconds the next bytes may take."""
        taken = time.monotonic() - self._began
        if self._sender is None:
            return SECONDS_FOR_A_FORM - taken
        return min(SECONDS_WITHOUT_A_BYTE, GRACE + self._received / BYTES_A_SECOND - taken)

    async def _store(self) -> None:
        piece, self._piece = bytes(self._piece), bytearray()
        await asyncio.get_running_loop().run_in_executor(self._files, self._kept.write, piece)

    async def drain(self) -> None:
        """Take what is still coming and throw it away, so that the client can read its answer."""
        waits = self._environ.get("HTTP_EXPECT", "").lower() == "100-continue" and not self._received
        ends = time.monotonic() + DRAIN_SECONDS
        while not (self._complete or waits) and (left := ends - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left, DRAIN_IDLE)):
                    message = await self._receive()
            except TimeoutError:
                return
            self._complete = message["type"] != "http.request" or not message.get("more_body", False)

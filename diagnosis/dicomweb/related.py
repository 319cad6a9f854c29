"""Reads a multipart/related body part by part, each into a file of its own, however large.

Django reads forms only, and Python's e-mail parser holds a whole message in memory.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import IO, Final, Protocol

from diagnosis.services import storage
from diagnosis.services.arriving import arriving_file

CHUNK: Final = 256 * 1024
MOST_PARTS: Final = 2000
_HEADER_BYTES: Final = 8 * 1024
_LONGEST_BOUNDARY: Final = 70  # RFC 2046
_CUT_OFF: Final = "The message ends before its last boundary."


class Malformed(Exception):
    """The body is no multipart/related message; `str()` says why."""


class BrokenPart(Malformed):
    """The message breaks off within a part. size: how many bytes of its film came."""

    def __init__(self, why: str, *, size: int = 0) -> None:
        super().__init__(why)
        self.size = size


class Readable(Protocol):
    """What a body is read from."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass
class Part:
    """One part. media_type: lower case, without parameters; None if its header is too long or has no end.

    file: None if it was too long to be kept. size: the bytes sent. whole: its end came too.
    """

    media_type: str | None
    file: IO[bytes] | None
    size: int
    whole: bool


def media_type_of(header: str) -> tuple[str, dict[str, str]]:
    """A Content-Type header's type, lower case, and its parameters but those in a form of RFC 2231."""
    message = Message()
    message["Content-Type"] = header
    try:
        parameters = message.get_params(failobj=[], unquote=True)[1:]
    except (ValueError, IndexError):
        return "", {}
    plain = {name.lower(): value for name, value in parameters if isinstance(value, str)}
    return message.get_content_type() if header else "", plain


def parts(body: Readable, boundary: str, *, most_bytes: int) -> Iterator[Part]:
    """The parts of a body, in order; a part's file is gone when the next one is asked for.

    most_bytes: of a part that is kept. Raises Malformed where there is no part, BrokenPart also after parts
    that were whole, and FilmRefused(not_stored) where the disk has no room.
    """
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise Malformed("The Content-Type names no usable boundary.")
    reader = _Reader(body, b"\r\n--" + boundary.encode())
    reader.preamble()
    for count in range(MOST_PARTS + 1):
        if reader.is_last():
            return
        if count == MOST_PARTS:
            raise BrokenPart(f"The message has more than {MOST_PARTS} parts. Send fewer at once.")
        media_type = reader.header()
        most = most_bytes if media_type is not None else 0
        with arriving_file() as file:
            size, whole = reader.content(file, most)
            with _disk():
                file.seek(0)
            yield Part(media_type, file if size <= most else None, size, whole)
        if not whole:
            raise BrokenPart(_CUT_OFF, size=size)


class _Reader:
    """Reads from boundary to boundary; holds a chunk and a boundary's length at most."""

    def __init__(self, body: Readable, mark: bytes) -> None:
        self._body, self._mark = body, mark
        self._held = b"\r\n"  # the first boundary may stand at the very beginning
        self._ended = False

    def _more(self) -> bool:
        chunk = b"" if self._ended else self._body.read(CHUNK)
        self._ended = not chunk
        self._held += chunk
        return bool(chunk)

    def preamble(self) -> None:
        """Pass over what stands before the first boundary. Raises Malformed if there is none."""
        passed = 0
        while (place := self._held.find(self._mark)) < 0:
            passed += len(self._held)
            self._held = self._held[-len(self._mark) :]
            if passed > _HEADER_BYTES or not self._more():
                raise Malformed("The body has no part between the boundaries that its Content-Type names.")
        self._held = self._held[place + len(self._mark) :]

    def is_last(self) -> bool:
        """Whether the boundary just read is the closing one; else its line is passed over."""
        while len(self._held) < 2 and self._more():
            pass
        if self._held.startswith(b"--"):
            return True
        if self._line() is None:
            raise BrokenPart(_CUT_OFF)
        return False

    def header(self) -> str | None:
        """The media type that a part's header names; None if the header is too long or has no end."""
        media_type = ""
        left = _HEADER_BYTES
        while line := self._line():
            left -= len(line) + 2
            if left < 0 or line.startswith(self._mark[2:]):
                self._held = b"\r\n" + line + b"\r\n" + self._held  # the next part begins here or after it
                return None
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-type":
                media_type = media_type_of(value.decode("latin-1").strip())[0]
        return media_type if line is not None else None

    def _line(self) -> bytes | None:
        """The next line; None, and nothing is passed over, if it is too long or the body ends within it."""
        while (place := self._held.find(b"\r\n")) < 0:
            if len(self._held) > _HEADER_BYTES or not self._more():
                return None
        line, self._held = self._held[:place], self._held[place + 2 :]
        return line

    def content(self, file: IO[bytes], most: int) -> tuple[int, bool]:
        """Write a part into a file, at most `most` bytes; how long it is, and whether it is whole."""
        size, keep = 0, len(self._mark) - 1
        while True:
            place = self._held.find(self._mark)
            whole = place >= 0
            end = place if whole else max(0, len(self._held) - keep)
            piece, self._held = self._held[:end], self._held[end:]
            size += len(piece)
            if size <= most:
                with _disk():
                    file.write(piece)
            if whole:
                self._held = self._held[len(self._mark) :]
                return size, True
            if not self._more():
                return size + len(self._held), False


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    """Say in words what goes wrong with the disk, and not with the line that the body comes by."""
    try:
        yield
    except OSError as error:
        raise storage.no_room() from error

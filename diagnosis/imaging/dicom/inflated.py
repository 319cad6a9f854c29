"""A deflated DICOM file's elements as a file of their own, inflated a piece at a time while it is read."""

import os
import zlib
from typing import Final

from diagnosis.imaging.header.film import FilmSource
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

_PIECE: Final = 1 << 16
MOST: Final = 1 << 28  # bytes: more than any film of the largest size holds


def deflates(stream: FilmSource, begin: int) -> bool:
    """Whether what begins here can be inflated: files that name this syntax need not be deflated."""
    stream.seek(begin)
    try:
        return bool(zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream.read(_PIECE), 64))
    except zlib.error:
        return False


class Inflated:
    """A seekable stream of what a deflated one holds; keeps but a piece. Going back begins anew."""

    def __init__(self, stream: FilmSource, begin: int) -> None:
        self._stream, self._begin = stream, begin
        self._size: int | None = None
        self._rewind()

    def _rewind(self) -> None:
        self._read, self._offset, self._piece = self._begin, 0, b""
        self._waiting = b""
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._place = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move; the size is known once all of it was inflated."""
        if whence == os.SEEK_END:
            if self._size is None:
                while self._next():
                    pass
                self._size = self._offset + len(self._piece)
            offset += self._size
        elif whence == os.SEEK_CUR:
            offset += self._place
        if offset < self._offset:
            self._rewind()
        self._place = offset
        return offset

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, fewer at the end."""
        parts = list[bytes]()
        while size:
            at = self._place - self._offset
            if at < len(self._piece):
                part = self._piece[at:] if size < 0 else self._piece[at : at + size]
                parts.append(part)
                self._place += len(part)
                size -= len(part) if size > 0 else 0
            elif not self._next():
                break
        return b"".join(parts)

    def _next(self) -> bool:
        """Inflate the next piece; whether there was one."""
        following = self._offset + len(self._piece)
        while not self._inflate.eof:
            if not self._waiting:
                self._stream.seek(self._read)
                self._waiting = self._stream.read(_PIECE)
                self._read += len(self._waiting)
            ended = not self._waiting
            try:
                piece = self._inflate.decompress(self._waiting, _PIECE)
            except zlib.error as error:
                raise FilmRefused(
                    Refusal.DAMAGED, "The DICOM file is damaged and cannot be inflated.", EXPORT_AGAIN
                ) from error
            self._waiting = self._inflate.unconsumed_tail
            if piece:
                if following + len(piece) > MOST:
                    raise FilmRefused(
                        Refusal.TOO_COMPLEX,
                        "The DICOM file inflates to more than a film holds.",
                        EXPORT_AGAIN,
                    )
                self._offset, self._piece = following, piece
                return True
            if ended:
                return False
        return False

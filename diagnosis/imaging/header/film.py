"""A film's bytes and its header."""

from dataclasses import dataclass
from typing import Protocol


class FilmSource(Protocol):
    """A seekable stream of bytes: an open file, an upload or a buffer."""

    def read(self, size: int = ..., /) -> bytes: ...

    def seek(self, offset: int, whence: int = ..., /) -> int: ...


@dataclass(frozen=True)
class FilmHeader:
    """A film's header. media_type: image/png or image/jpeg. width, height: pixels before EXIF rotation."""

    media_type: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        """The extension of the stored original, without the dot."""
        return "png" if self.media_type == "image/png" else "jpg"

"""A film's bytes, and what its header says of them."""

from dataclasses import dataclass
from typing import Protocol


class FilmSource(Protocol):
    """Bytes to read from any place: an open file, an upload, a buffer."""

    def read(self, size: int = ..., /) -> bytes: ...

    def seek(self, offset: int, whence: int = ..., /) -> int: ...


@dataclass(frozen=True)
class FilmHeader:
    """media_type: image/png or image/jpeg. width, height: pixels as stored, before any EXIF rotation."""

    media_type: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        """File name ending for the stored original, without the dot."""
        return "png" if self.media_type == "image/png" else "jpg"

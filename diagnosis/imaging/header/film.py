"""A film's bytes, and what its header says of it."""

from dataclasses import dataclass
from typing import Protocol

# Where a block's data lies in the file: offset and length in bytes.
Span = tuple[int, int]


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


@dataclass(frozen=True)
class PngLayout(FilmHeader):
    """Where everything lies in a PNG file.

    depth: bits a sample. colour: the colour type of the standard. blocks: the first of each kind that says
    something about the pixels. image: the blocks with the pixels, in order. whole: the end mark is there.
    """

    depth: int
    colour: int
    interlaced: bool
    blocks: dict[bytes, Span]
    image: list[Span]
    whole: bool


@dataclass(frozen=True)
class JpegLayout(FilmHeader):
    """Where everything lies in a JPEG file.

    kept: the segments before the first scan that the decoder needs, marker and length included. exif: an
    EXIF block. scans_at: where the first scan's marker begins. end: where the end marker begins, or the
    file's end. refined: every coefficient came in full. whole: the end marker is there.
    """

    kept: list[Span]
    exif: Span | None
    scans_at: int
    end: int
    refined: bool
    whole: bool

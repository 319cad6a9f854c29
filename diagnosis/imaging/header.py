"""What a PNG or JPEG file says about itself, read from its header alone; no pixel is decoded here.

Written by hand because this runs in the web process on hostile bytes: it seeks from block to block, never
inflates anything and stops after a fixed number of blocks.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from diagnosis.imaging.refusal import FilmRefused, Refusal

MAX_PIXELS: Final = 64_000_000
MIN_SIDE: Final = 64  # a chest film with fewer pixels shows nothing that a doctor could read
PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MAX_BLOCKS: Final = 4096
MAX_JUNK: Final = 65_536

# Files that people send by mistake, told by their first bytes, so that the answer can say what they are.
_OTHER_KINDS: Final = (
    (b"%PDF", "a PDF document"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML or SVG file"),
    (b"<html", "a web page"),
    (b"<!doc", "a web page"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
)
_SIZE_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_EXPORT: Final = "Export the film as PNG or JPEG and send that file."
_AGAIN: Final = "Export the film again from the X-ray system and send the new file."


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


def inspect(stream: FilmSource, *, max_pixels: int = MAX_PIXELS, min_side: int = MIN_SIDE) -> FilmHeader:
    """Read the header of a film from the stream's beginning; the stream is left somewhere inside.

    Raises FilmRefused: empty, not an image, another format, animated, header damaged, too many pixels or
    too few.
    """
    stream.seek(0)
    start = stream.read(512)
    if not start:
        raise FilmRefused(
            Refusal.EMPTY, "The file is empty.", "Check the file at the place it came from and send it again."
        )
    if start.startswith(PNG_SIGNATURE):
        header = _png(stream)
    elif start.startswith(b"\xff\xd8\xff"):
        header = _jpeg(stream)
    else:
        raise _no_film(start)
    return _sized(header, max_pixels, min_side)


def png_chunks(stream: FilmSource) -> Iterator[tuple[bytes, int]]:
    """Each chunk's kind and length, the stream placed at its data; raises FilmRefused at a broken end."""
    position = len(PNG_SIGNATURE)
    while True:
        stream.seek(position)
        head = stream.read(8)
        if len(head) < 8:
            raise FilmRefused(Refusal.TRUNCATED, "The PNG file ends before its image does.", _AGAIN)
        length, kind = struct.unpack(">I4s", head)
        if length > 0x7FFFFFFF or not kind.isalpha():
            raise FilmRefused(Refusal.DAMAGED, "The PNG file is damaged.", _AGAIN)
        yield kind, length
        position += 12 + length


def _no_film(start: bytes) -> FilmRefused:
    if start[128:132] == b"DICM":
        kind = "a DICOM file, which this door does not read"
    elif start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        kind = "a WebP image"
    elif start[4:8] == b"ftyp":
        kind = "a HEIC or AVIF photo or a video"
    else:
        # UTF-8 byte order mark and white space may stand before text
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
        kind = next(
            (name for magic, name in _OTHER_KINDS if start.startswith(magic) or text.startswith(magic)), ""
        )
    if kind:
        return FilmRefused(Refusal.UNSUPPORTED, f"The file is {kind}, whatever its name says.", _EXPORT)
    return FilmRefused(Refusal.NOT_AN_IMAGE, "The file is not a PNG or JPEG image.", _EXPORT)


def _sized(header: FilmHeader, max_pixels: int, min_side: int) -> FilmHeader:
    size = f"{header.width} × {header.height} pixels"
    if header.width * header.height > max_pixels:
        raise FilmRefused(
            Refusal.TOO_MANY_PIXELS,
            f"The image has {size}; at most {max_pixels // 1_000_000} megapixels are read.",
            "Export it at a lower resolution.",
        )
    if min(header.width, header.height) < min_side:
        raise FilmRefused(
            Refusal.TOO_SMALL,
            f"The image has only {size}; a film needs at least {min_side} on each side.",
            "Send the film itself, not a thumbnail.",
        )
    return header


def _png(stream: FilmSource) -> FilmHeader:
    header = None
    for number, (kind, length) in enumerate(png_chunks(stream)):
        if number == 0:
            header = _png_size(stream, kind, length)
        elif kind == b"acTL":
            frames = stream.read(4)
            if len(frames) < 4 or struct.unpack(">I", frames)[0] != 1:
                raise FilmRefused(
                    Refusal.ANIMATED,
                    "The PNG file is an animation with several pictures.",
                    "Send each film as an image of its own.",
                )
        elif kind == b"IDAT" and header is not None:
            return header
        if kind == b"IEND" or number > MAX_BLOCKS:
            break
    raise FilmRefused(Refusal.DAMAGED, "The PNG file holds no image.", _AGAIN)


def _png_size(stream: FilmSource, kind: bytes, length: int) -> FilmHeader:
    data = stream.read(8)
    if kind != b"IHDR" or length != 13 or len(data) < 8:
        raise FilmRefused(Refusal.DAMAGED, "The PNG file's header is damaged.", _AGAIN)
    width, height = struct.unpack(">II", data)
    return FilmHeader("image/png", width, height)


def _jpeg(stream: FilmSource) -> FilmHeader:
    stream.seek(2)
    for marker in _markers(stream):
        if marker in _BARE_MARKERS:
            continue
        length = stream.read(2)
        if marker in (0xD9, 0xDA) or len(length) < 2:
            break
        if marker in _SIZE_MARKERS:
            data = stream.read(5)
            if len(data) == 5:
                _, height, width = struct.unpack(">BHH", data)
                return FilmHeader("image/jpeg", width, height)
            break
        stream.seek(max(0, struct.unpack(">H", length)[0] - 2), 1)
    raise FilmRefused(Refusal.DAMAGED, "The JPEG file's header is damaged or cut off.", _AGAIN)


def _markers(stream: FilmSource) -> Iterator[int]:
    """Each marker's code, the stream placed behind it.

    Ends with the stream, or after MAX_JUNK bytes were looked at one by one, in the whole file: a file made
    of bytes that belong to no block would keep the web process busy for seconds.
    """
    previous = b""
    for _ in range(MAX_JUNK):
        byte = stream.read(1)
        if not byte:
            return
        if previous == b"\xff" and byte not in (b"\x00", b"\xff"):
            yield byte[0]
            previous = b""
        else:
            previous = byte

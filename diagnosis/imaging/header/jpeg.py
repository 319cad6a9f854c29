"""Reads where the segments and scans of a JPEG file lie, without decoding any."""

import struct
from collections.abc import Iterator
from typing import Final

from diagnosis.imaging.header.film import FilmSource, JpegLayout, Span
from diagnosis.imaging.header.jpeg_frame import Frame, frame_of, frame_start
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

MAX_JUNK: Final = 65_536  # bytes in all that belong to no segment
# 50 MB of metadata are about 800 segments. A scan may pass over the whole picture, so that few bytes keep a
# decoder busy for long; encoders make ten of them, careful ones two dozen.
MAX_SEGMENTS: Final = 4_096
MAX_SCANS: Final = 64
# Pictures with several scans are kept as coefficients until the last.
MAX_COEFFICIENT_BYTES: Final = 130_000_000
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_BLOCK: Final = 256 * 1024
# In a scan, FF 00 is a byte of data and FF D0 to D7 are restart marks. Any number of FF may precede a marker.
# Looked for among classes of bytes, it is found at the speed of memory, whatever the file holds.
_NO_MARKER: Final = frozenset({0x00, *range(0xD0, 0xD8)})
_CLASSES: Final = bytes(0xFF if byte == 0xFF else int(byte not in _NO_MARKER) for byte in range(256))
_MARKER: Final = b"\xff\x01"
# Tables and restart interval; and the metadata that say how colours are stored, with their least lengths.
_NEEDED: Final = frozenset({0xC4, 0xDB, 0xDD})
_COLOURS: Final = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12)}


class _Markers:
    """Steps through a stream from marker to marker, in large blocks."""

    def __init__(self, stream: FilmSource, position: int) -> None:
        self.stream, self.position = stream, position

    def next(self, limit: int | None = None) -> int | None:
        """The next marker's code, with the position after it; None at the end, or beyond `limit` bytes."""
        begun, kept = self.position, b""
        self.stream.seek(self.position)
        while limit is None or self.position - begun <= limit:
            block = self.stream.read(_BLOCK)
            if not block:
                self.position += len(kept)
                return None
            block = kept + block
            if (found := block.translate(_CLASSES).find(_MARKER)) >= 0:
                self.position += found + 2
                return block[found + 1]
            kept = block[-1:] if block.endswith(b"\xff") else b""
            self.position += len(block) - len(kept)
        return None

    def segment(self) -> Span | None:
        """Offset and length of the data of the segment whose marker was just read; None if cut off."""
        self.stream.seek(self.position)
        length = self.stream.read(2)
        if len(length) < 2:
            return None
        span = (self.position + 2, max(0, struct.unpack(">H", length)[0] - 2))
        self.position = sum(span)
        return span


class _Findings:
    """What the segments of one file have told so far."""

    def __init__(self, stream: FilmSource) -> None:
        self._stream = stream
        self.frame: Frame | None = None
        self.kept = list[Span]()
        self.exif: Span | None = None
        self.scans_at = self.end = 0
        self.whole = False

    def note(self, marker: int, begin: int, span: Span) -> None:
        """Note one segment, which begins with its marker; raises FilmRefused."""
        self.end, self.whole = begin, marker == 0xD9
        if frame_start(marker):
            if self.frame is not None:
                raise FilmRefused(Refusal.DAMAGED, "The JPEG file gives two image sizes.", EXPORT_AGAIN)
            self.frame = frame_of(marker, self._data(span, 1024))
        elif marker == 0xDA:
            self._scan(begin, span)
        elif marker == 0xE1 and self.exif is None and self._data(span, 6) == b"Exif\0\0":
            self.exif = span
        if not self.scans_at and (
            marker in _NEEDED or frame_start(marker) or self._tells_colours(marker, span)
        ):
            self.kept.append((begin, sum(span) - begin))

    def _scan(self, begin: int, span: Span) -> None:
        if self.frame is None:
            raise _damaged()
        self.scans_at = self.scans_at or begin
        self.frame.scan(self._data(span, 64))
        if self.frame.scans > MAX_SCANS:
            raise _too_complex(f"more than {MAX_SCANS} scans")
        if self.frame.coefficient_bytes > MAX_COEFFICIENT_BYTES:
            raise _too_complex("several scans over so many pixels")

    def _tells_colours(self, marker: int, span: Span) -> bool:
        start, least = _COLOURS.get(marker, (b"", 0))
        return least > 0 and span[1] >= least and self._data(span, len(start)) == start

    def _data(self, span: Span, most: int) -> bytes:
        self._stream.seek(span[0])
        return self._stream.read(min(span[1], most))


def jpeg_layout(stream: FilmSource) -> JpegLayout:
    """The layout of a JPEG; raises FilmRefused for kinds that are not read and for damage before pixels."""
    found = _Findings(stream)
    for marker, begin, span in _segments(stream):
        found.note(marker, begin, span)
    if found.frame is None or not found.scans_at:
        raise _damaged()
    return JpegLayout(
        "image/jpeg",
        found.frame.width,
        found.frame.height,
        kept=found.kept,
        exif=found.exif,
        scans_at=found.scans_at,
        end=found.end,
        refined=found.frame.refined,
        whole=found.whole,
    )


def _segments(stream: FilmSource) -> Iterator[tuple[int, int, Span]]:
    """Yield marker, where it begins and its data's span; last the end marker, or 0 where the file ends.

    Gives up after MAX_JUNK bytes that belong to no segment, so that a file of loose bytes costs little.
    """
    markers, junk, count, in_scan = _Markers(stream, 2), 0, 0, False
    while True:
        before = markers.position
        marker = markers.next(None if in_scan else MAX_JUNK - junk)
        junk += 0 if in_scan else markers.position - before - 2
        begin = markers.position - 2
        if marker is None or junk > MAX_JUNK:
            yield 0, markers.position, (markers.position, 0)
            return
        if marker == 0xD9:
            yield marker, begin, (markers.position, 0)
            return
        if marker in _BARE:
            continue
        if (span := markers.segment()) is None:
            yield 0, begin, (begin, 0)
            return
        count += 1
        if count > MAX_SEGMENTS:
            raise _too_complex(f"more than {MAX_SEGMENTS} pieces")
        yield marker, begin, span
        in_scan = marker == 0xDA


def _damaged() -> FilmRefused:
    return FilmRefused(Refusal.DAMAGED, "The JPEG file's header is damaged or cut off.", EXPORT_AGAIN)


def _too_complex(what: str) -> FilmRefused:
    return FilmRefused(
        Refusal.TOO_COMPLEX,
        f"The JPEG file has {what}, which takes too long or too much memory to read.",
        "Export the film as an ordinary (baseline) JPEG, or as PNG.",
    )

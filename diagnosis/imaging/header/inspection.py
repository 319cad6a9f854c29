"""Reads a film's header and checks it against the size limits."""

from typing import Final

from diagnosis.imaging.header.film import FilmHeader, FilmSource
from diagnosis.imaging.header.jpeg import jpeg_header
from diagnosis.imaging.header.other_kinds import no_film
from diagnosis.imaging.header.png import PNG_SIGNATURE, png_header
from diagnosis.imaging.refusal import FilmRefused, Refusal

MAX_PIXELS: Final = 64_000_000
MIN_SIDE: Final = 64  # a chest film with fewer pixels shows nothing that a doctor could read


def inspect(stream: FilmSource, *, max_pixels: int = MAX_PIXELS, min_side: int = MIN_SIDE) -> FilmHeader:
    """Read the header of a film from the start of the stream, which is left at any position.

    Raises FilmRefused: empty, not an image, another format, animated, header damaged, too many pixels or
    too few.
    """
    stream.seek(0)
    start = stream.read(512)
    if not start:
        raise FilmRefused(
            Refusal.EMPTY, "The file is empty.", "Check the file where it came from and send it again."
        )
    if start.startswith(PNG_SIGNATURE):
        header = png_header(stream)
    elif start.startswith(b"\xff\xd8\xff"):
        header = jpeg_header(stream)
    else:
        raise no_film(start)
    return _sized(header, max_pixels, min_side)


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

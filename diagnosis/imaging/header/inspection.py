"""Reads a film's header and checks it against the limits."""

from typing import TYPE_CHECKING, Final

from diagnosis.imaging.header.film import FilmHeader, FilmSource, JpegLayout, PngLayout
from diagnosis.imaging.header.jpeg import jpeg_layout
from diagnosis.imaging.header.other_kinds import START, is_dicom, no_film
from diagnosis.imaging.header.png import PNG_SIGNATURE, png_layout
from diagnosis.imaging.refusal import FilmRefused, Refusal

if TYPE_CHECKING:
    from diagnosis.imaging.dicom.header import DicomHeader

MAX_PIXELS: Final = 64_000_000
MIN_SIDE: Final = 64  # a chest film with fewer pixels shows nothing that a doctor could read


def inspect(
    stream: FilmSource, *, max_pixels: int = MAX_PIXELS, min_side: int = MIN_SIDE, character_set: str = ""
) -> FilmHeader:
    """Read the header of a film, wherever the stream stands; it is left at any position.

    A DICOM film's is a `dicom.header.DicomHeader`; character_set: for those that name none. Raises
    FilmRefused: empty, not an image, another format, animated, header damaged, too many pixels or too few,
    too many scans or pieces, a DICOM object that is no chest film. A PNG or JPEG that is cut off among its
    pixels passes; the decoder finds that out.
    """
    return layout(stream, max_pixels=max_pixels, min_side=min_side, character_set=character_set)


def layout(
    stream: FilmSource, *, max_pixels: int = MAX_PIXELS, min_side: int = MIN_SIDE, character_set: str = ""
) -> "PngLayout | JpegLayout | DicomHeader":
    """Like `inspect`, and where everything lies, for the decoder."""
    stream.seek(0)
    start = stream.read(START)
    found: PngLayout | JpegLayout
    if is_dicom(start):
        # Here, because DICOM's module imports this package.
        from diagnosis.imaging.dicom.header import read_facts

        return read_facts(stream, max_pixels=max_pixels, min_side=min_side, character_set=character_set)
    if start.startswith(PNG_SIGNATURE):
        found = png_layout(stream)
    elif start.startswith(b"\xff\xd8\xff"):
        found = jpeg_layout(stream)
    else:
        raise no_film(start)
    check_size(found, max_pixels, min_side)
    return found


def check_size(header: FilmHeader, max_pixels: int, min_side: int) -> None:
    """Raise FilmRefused for too many pixels and for too few."""
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

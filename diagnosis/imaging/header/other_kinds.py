"""Recognises files that are not films by their first bytes."""

from typing import Final

from diagnosis.imaging.refusal import FilmRefused, Refusal

# First bytes of files that people send by mistake, so that the refusal can say what they are.
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
_EXPORT: Final = "Export the film as PNG or JPEG and send that file."


def no_film(start: bytes) -> FilmRefused:
    if start[128:132] == b"DICM":
        kind = "a DICOM file, which is not accepted here"
    elif start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        kind = "a WebP image"
    elif start[4:8] == b"ftyp":
        kind = "a HEIC or AVIF photo or a video"
    else:
        # text may start with a UTF-8 byte order mark and white space
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
        kind = next(
            (name for magic, name in _OTHER_KINDS if start.startswith(magic) or text.startswith(magic)), ""
        )
    if kind:
        return FilmRefused(Refusal.UNSUPPORTED, f"The file is {kind}, whatever its name says.", _EXPORT)
    return FilmRefused(Refusal.NOT_AN_IMAGE, "The file is not a PNG or JPEG image.", _EXPORT)

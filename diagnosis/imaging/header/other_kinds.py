"""Recognises files that are not films by their first bytes."""

from typing import Final

from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

# First bytes of files that people send by mistake, so that the refusal can say what they are.
_OTHER_KINDS: Final = (
    (b"%PDF", "a PDF document"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"II+\x00", "a BigTIFF image"),
    (b"MM\x00+", "a BigTIFF image"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML or SVG file"),
    (b"<html", "a web page"),
    (b"<!doc", "a web page"),
    (b"version https://git-lfs", "a Git LFS pointer, not the film itself"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (b"\x00\x05\x16\x07", "a hidden companion file of macOS (AppleDouble), not the film itself"),
    (b"\x00\x05\x16\x00", "a file of macOS (AppleSingle), not the film itself"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document or a Windows thumbnail cache"),
    (b"\x8aMNG", "an MNG animation"),
    (b"\x8bJNG", "a JNG image"),
)
_EXPORT: Final = "Export the film as DICOM, PNG or JPEG and send that file."
# What a transfer in text mode makes of the PNG signature: line ends changed, or the eighth bit lost.
_PNG_AS_TEXT: Final = (
    b"\x89PNG\n",
    b"\x89PNG\r\x1a",
    b"\x89PNG\r\r",
    b"\x89PNG\r\n\x1a\r",
    b"\tPNG\r\n",
    b"\tPNG\n",
    b"\xef\xbf\xbdPNG",
)
# Value representations of the first element of a DICOM file without preamble: groups 2 and 8.
_FIRST_GROUPS: Final = (b"\x02\x00", b"\x08\x00")
_EXPLICIT: Final = frozenset({b"UL", b"OB", b"UI", b"CS", b"SH", b"DA", b"TM", b"LO", b"DT", b"PN"})


START: Final = 512  # so many first bytes tell


def no_film(start: bytes) -> FilmRefused:
    """The refusal of a file that begins with these bytes, by the kind that it is."""
    if not start:
        return FilmRefused(
            Refusal.EMPTY, "The file is empty.", "Check the file where it came from and send it again."
        )
    if start.startswith(_PNG_AS_TEXT):
        return FilmRefused(
            Refusal.DAMAGED,
            "The file was a PNG image until it was sent or copied as text, which changed its bytes.",
            f"{EXPORT_AGAIN} If a program transfers it, let it do so in binary mode.",
        )
    if kind := _kind(start):
        return FilmRefused(Refusal.UNSUPPORTED, f"The file is {kind}.", _EXPORT)
    return FilmRefused(
        Refusal.NOT_AN_IMAGE, "The file is not a DICOM film and not a PNG or JPEG image.", _EXPORT
    )


def _kind(start: bytes) -> str:
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "a WebP image"
    if start[4:8] == b"ftyp":
        return "a HEIC or AVIF photo or a video"
    if start[344:347] in (b"n+1", b"ni1") or start[4:8] == b"n+2\x00":
        return "a NIfTI volume"
    if start[257:262] == b"ustar":
        return "a TAR archive"
    # text may start with a UTF-8 byte order mark and white space
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next(
        (name for magic, name in _OTHER_KINDS if start.startswith(magic) or text.startswith(magic)), ""
    )


def is_dicom(start: bytes) -> bool:
    """Whether a file begins as DICOM's do: with the preamble, or with elements of group 2 or 8."""
    if start[128:132] == b"DICM" or start[:4] == b"DICM":
        return True
    group, representation = start[:2], start[4:6]
    if representation in _EXPLICIT:
        return group in (*_FIRST_GROUPS, b"\x00\x08")
    length = int.from_bytes(start[4:8], "little")  # implicit: here stands the value's length
    following = start[8 + length : 10 + length]
    return group in _FIRST_GROUPS and length % 2 == 0 and following in _FIRST_GROUPS

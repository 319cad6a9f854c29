"""A hostile header costs the web process little, and whatever is refused is named for what it is."""

import contextlib
import io
import struct
import zlib

import pytest
from PIL import Image

from diagnosis.imaging.header import (
    MAX_CHUNKS,
    MAX_JUNK,
    MAX_OTHER_CHUNKS,
    MAX_SCANS,
    MAX_SEGMENTS,
    inspect,
)
from diagnosis.imaging.refusal import FilmRefused
from tests.diagnosis.imaging.pictures import SIDE, after_start, chunk, encoded, png, ramp, segment


class Counted(io.BytesIO):
    """Bytes that know how often they were asked for."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


def refusal_of(content: bytes) -> FilmRefused:
    with pytest.raises(FilmRefused) as caught:
        inspect(io.BytesIO(content))
    assert caught.value.advice
    return caught.value


def test_a_jpeg_of_loose_bytes_is_given_up_early() -> None:
    loose = b"\x00" * 65_000 + b"\xff\xd0"  # a marker now and then, so that the search begins anew
    film = Counted(b"\xff\xd8\xff\xe0\x00\x02" + loose * 20)
    with pytest.raises(FilmRefused, match="damaged"):
        inspect(film)
    assert film.reads < 2 * MAX_JUNK


@pytest.mark.parametrize(("loose", "read"), [(MAX_JUNK, True), (MAX_JUNK + 1, False)])
def test_a_jpeg_may_hold_so_many_loose_bytes_and_no_more(loose: int, read: bool) -> None:
    content = after_start(encoded(ramp(300, 200), "JPEG"), segment(0xE1, b"x"), b"\0" * loose)
    with contextlib.nullcontext() if read else pytest.raises(FilmRefused, match="damaged"):
        assert inspect(io.BytesIO(content)).width == 300


def test_the_header_is_read_without_decoding() -> None:
    header = inspect(io.BytesIO(encoded(ramp(300, 200), "JPEG")))
    assert (header.media_type, header.width, header.height) == ("image/jpeg", 300, 200)
    header = inspect(io.BytesIO(encoded(ramp(300, 200), "PNG")))
    assert (header.media_type, header.width, header.height) == ("image/png", 300, 200)


def test_tables_before_the_size_are_not_taken_for_it() -> None:
    whole = encoded(ramp(300, 200), "JPEG")
    tables, at = b"", 2
    while whole[at + 1] != 0xDA:
        length = 2 + struct.unpack(">H", whole[at + 2 : at + 4])[0]
        if whole[at + 1] == 0xC4:
            tables += whole[at : at + length]
        at += length
    header = inspect(io.BytesIO(after_start(whole, tables)))
    assert tables
    assert (header.width, header.height) == (300, 200)


def scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes `count` times."""
    whole = encoded(ramp(), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * (count - 1) + b"\xff\xd9"


def test_a_jpeg_of_endless_scans_is_refused_at_the_door() -> None:
    inspect(io.BytesIO(scans(MAX_SCANS - 20)))
    refusal = refusal_of(scans(2_000))
    assert (refusal.code, "scans" in refusal.message) == ("too_complex", True)


def test_a_jpeg_of_endless_segments_is_refused_at_the_door() -> None:
    inspect(io.BytesIO(after_start(encoded(ramp(), "JPEG"), *[segment(0xE5, b"x" * 60_000)] * 400)))
    endless = after_start(encoded(ramp(), "JPEG"), segment(0xFE, b"") * (MAX_SEGMENTS + 1))
    assert refusal_of(endless).code == "too_complex"


@pytest.mark.parametrize("after", [False, True])
def test_a_png_of_endless_chunks_is_refused_at_the_door(after: bool) -> None:
    empty, rows = chunk(b"tEXt", b""), b"\0" * (SIDE + 1) * SIDE
    for count, passes in ((MAX_OTHER_CHUNKS - 10, True), (MAX_OTHER_CHUNKS + 10, False)):
        content = png(SIDE, SIDE, pixels=rows, **{"after" if after else "extra": empty * count})
        if passes:
            inspect(io.BytesIO(content))
        else:
            assert refusal_of(content).code == "too_complex"


def test_a_png_of_endless_pixel_chunks_is_refused_at_the_door() -> None:
    start = encoded(ramp(), "PNG").partition(b"\0\0\0\0IEND")[0]
    film = Counted(start + chunk(b"IDAT", b"") * 1_000_000)
    with pytest.raises(FilmRefused, match="pieces"):
        inspect(film)
    assert film.reads < MAX_CHUNKS + 10


def test_a_progressive_jpeg_too_large_to_hold_is_refused_at_the_door() -> None:
    small = encoded(Image.new("RGB", (64, 64)), "JPEG", progressive=True, subsampling=0)
    at = small.index(b"\xff\xc2") + 5
    for side, passes in ((4_000, True), (5_000, False), (8_000, False)):
        content = small[:at] + struct.pack(">HH", side, side) + small[at + 4 :]
        if passes:
            assert inspect(io.BytesIO(content)).width == side
        else:
            refusal = refusal_of(content)
            assert (refusal.code, "baseline" in refusal.advice) == ("too_complex", True)


def test_a_jpeg_of_one_scan_a_colour_has_to_be_held_too() -> None:
    for side, passes in ((4_000, True), (8_000, False)):
        size = struct.pack(">BHHB", 8, side, side, 3) + b"".join(bytes([k, 0x11, 0]) for k in (1, 2, 3))
        scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x00"
        content = b"\xff\xd8" + segment(0xC0, size) + scan * 3 + b"\xff\xd9"
        if passes:
            assert inspect(io.BytesIO(content)).width == side
        else:
            assert refusal_of(content).code == "too_complex"
    together = segment(0xDA, b"\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00") + b"\x00"
    assert inspect(io.BytesIO(b"\xff\xd8" + segment(0xC0, size) + together + b"\xff\xd9")).width == 8_000


def frame(marker: int, bits: int = 8) -> bytes:
    return (
        b"\xff\xd8" + segment(marker, struct.pack(">BHHB", bits, 500, 500, 1) + b"\x01\x11\x00") + b"\xff\xd9"
    )


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (frame(0xC1, bits=12), "12 bits"),
        (frame(0xC0, bits=12), "12 bits"),
        (frame(0xC2, bits=12), "12 bits"),
        (frame(0xC3), "lossless"),
        *[(frame(marker), "hierarchical") for marker in (0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF)],
        *[(frame(marker), "arithmetic") for marker in (0xC9, 0xCA, 0xCB)],
        (frame(0xF7), "JPEG-LS"),
    ],
)
def test_kinds_of_jpeg_that_are_not_read_are_named(content: bytes, word: str) -> None:
    refusal = refusal_of(content)
    assert refusal.code == "unsupported_format"
    assert word in refusal.message
    assert "PNG" in refusal.advice
    assert "8-bit JPEG" in refusal.advice


def element(group: int, number: int, kind: bytes, value: bytes) -> bytes:
    """A DICOM element, little endian; without kind, implicit."""
    if kind:
        return struct.pack("<HH", group, number) + kind + struct.pack("<H", len(value)) + value
    return struct.pack("<HHI", group, number, len(value)) + value


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        (b"\xff\x0a\xfa\x1f", "JPEG XL"),
        (b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a", "JPEG XL"),
        (b"II+\x00\x08\x00\x00\x00", "BigTIFF"),
        (b"MM\x00+\x00\x08\x00\x00", "BigTIFF"),
        (b"MM\x00*\x00\x00\x00\x08", "TIFF"),
        (b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X", "AppleDouble"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "thumbnail"),
        (b"\x00" * 344 + b"n+1\x00", "NIfTI"),
    ],
)
def test_files_sent_by_mistake_are_named(content: bytes, word: str) -> None:
    refusal = refusal_of(content)
    assert refusal.code == "unsupported_format"
    assert word in refusal.message


@pytest.mark.parametrize(
    ("old", "new"), [(b"\r\n", b"\n"), (b"\n", b"\r\n"), (b"\x89", b"\t"), (b"\r\n", b"\n\n"), (b"\r", b"")]
)
def test_a_png_sent_as_text_is_told_so(old: bytes, new: bytes) -> None:
    refusal = refusal_of(encoded(ramp(), "PNG").replace(old, new))
    assert refusal.code == "damaged"
    assert "as text" in refusal.message
    assert "binary" in refusal.advice


def test_text_that_is_none_of_these_is_not_taken_for_one() -> None:
    for content in (b"\x08\x00\x12\x34\x99\x99\x99\x99" + b"\0" * 40, zlib.compress(b"x" * 100), b"BORIS"):
        assert refusal_of(content).code == "not_an_image"


@pytest.mark.parametrize(
    "content",
    [
        element(8, 5, b"CS", b"ISO_IR 100") + element(8, 22, b"UI", b"1.2"),
        element(8, 5, b"", b"ISO_IR 100") + element(8, 22, b"", b"1.2.840.1"),
        element(2, 0, b"UL", b"\0\0\0\0") + element(2, 2, b"UI", b"1.2"),
        element(8, 8, b"", b"DERIVED\\PRIMARY ") + element(8, 22, b"", b"1."),
    ],
)
def test_dicom_without_its_preamble_is_known_for_what_it_is(content: bytes) -> None:
    assert "DICOM" in refusal_of(content).message or refusal_of(content).code == "other_modality"

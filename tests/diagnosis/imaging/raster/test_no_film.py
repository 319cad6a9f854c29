"""What is no film is named for what it is."""

import pytest

from tests.diagnosis.imaging.pictures import encoded, ramp
from tests.diagnosis.imaging.raster.refusals import refused


def test_an_animation_is_refused(read) -> None:
    frames = [ramp(), ramp().rotate(90)]
    content = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    refused(read, content, "animated")


@pytest.mark.parametrize(
    ("content", "code", "word"),
    [
        (b"", "empty", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "unsupported_format", "PDF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "unsupported_format", "SVG"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>", "unsupported_format", "SVG"),
        (b"GIF89a" + b"\x00" * 40, "unsupported_format", "GIF"),
        (b"\x00" * 128 + b"DICM" + b"\x00" * 40, "no_identifiers", "DICOM"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "unsupported_format", "WebP"),
        (b"\x00\x00\x00\x18ftypheic", "unsupported_format", "HEIC"),
        (b"PK\x03\x04 a zip", "unsupported_format", "ZIP"),
        (b"Just a text.", "not_an_image", "PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n", "truncated", "PNG"),
        (b"\xff\xd8\xff\xd9", "damaged", "JPEG"),
        (b"\xff\xd8\xff" + b"\x00" * 200_000, "damaged", "JPEG"),
    ],
)
def test_what_is_no_film_is_named_for_what_it_is(read, content: bytes, code: str, word: str) -> None:
    assert word in refused(read, content, code).message


def test_a_gif_called_png_is_judged_by_its_content(read) -> None:
    refused(read, encoded(ramp(), "GIF"), "unsupported_format", name="film.png")

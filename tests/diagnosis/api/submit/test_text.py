"""A text in any declared charset arrives whole; one that cannot be read is refused by its field's name."""

from collections.abc import Callable
from typing import Any

import pytest

from diagnosis.models import Patient, Scan, Study
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.submit.made import assert_nothing_was_made, assert_problem
from tests.films import phantom_png

NAME = b'Content-Disposition: form-data; name="patient_last_name"'
NUMBER = b'Content-Disposition: form-data; name="patient_number"\r\n\r\nL-1'
FILM = b'Content-Disposition: form-data; name="film"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'


def send(computer: Computer, *parts: bytes, charset: str = "", film: bytes | None = None) -> Any:
    """The parts with a film, as a program puts them on the line byte by byte."""
    whole = [NUMBER, *parts, film or FILM + phantom_png(1)]
    body = b"".join(b"--line-of-dots\r\n" + part + b"\r\n" for part in whole) + b"--line-of-dots--\r\n"
    kind = "multipart/form-data; boundary=line-of-dots" + (f"; charset={charset}" if charset else "")
    headers = {"Authorization": f"Token {computer.plain}"}
    return computer.client.generic("POST", STUDIES, body, content_type=kind, headers=headers)


def typed(charset: str, raw: bytes, *more: bytes) -> bytes:
    lines = [NAME, f"Content-Type: text/plain; charset={charset}".encode(), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + raw


@pytest.mark.parametrize(
    ("parts", "charset"),
    [
        ([typed("ISO-8859-1", b"M\xfcller")], ""),
        ([typed("windows-1252", b"M\xfcller")], "utf-8"),
        ([typed("UTF-16", "Müller".encode("utf-16"))], ""),
        ([typed("utf-8", b"\xef\xbb\xbfM\xc3\xbcller")], ""),
        ([NAME + b"\r\n\r\nM\xc3\xbcller"], ""),
        ([NAME + b"\r\n\r\nMu\xcc\x88ller"], ""),
        ([NAME + b"\r\n\r\nM\xfcller"], "iso-8859-1"),
        (
            [NAME + b"\r\n\r\nM\xfcller", b'Content-Disposition: form-data; name="_charset_"\r\n\r\nlatin-1'],
            "",
        ),
        ([typed("latin-1", b"M=FCller", b"Content-Transfer-Encoding: quoted-printable")], ""),
        ([typed("utf-8", b"TcO8bGxlcg==", b"Content-Transfer-Encoding: base64")], ""),
    ],
)
def test_a_name_arrives_whole(computer: Computer, parts: list[bytes], charset: str) -> None:
    response = send(computer, *parts, charset=charset)
    assert response.status_code == 201, response.content
    assert Patient.objects.get().last_name == "Müller"
    assert Scan.objects.count() == 1


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (NAME + b"\r\n\r\nM\xfcller", "not UTF-8"),
        (typed("utf-8", b"M\xfcller"), "not UTF-8"),
        (typed("ascii", b"M\xfcller"), "not ASCII"),
        (typed("klingon", b"Mueller"), "charset “klingon” is unknown"),
        (typed("utf-7", b"M+APw-ller"), "is unknown"),
        (typed("unicode_escape", b"M\\u00fcller"), "is unknown"),
        (typed("Raw-Unicode-Escape", b"M\\u00fcller"), "is unknown"),
        (typed("punycode", b"Mller-kva"), "is unknown"),
        (typed("base64", b"TcO8bGxlcg=="), "is unknown"),
        (typed("utf-8", b"x", b"Content-Transfer-Encoding: zip"), "transfer encoding “zip” is unknown"),
        (NAME + b"\r\n\r\nM\xef\xbf\xbdller", "letters were lost"),
        (NAME + b"\r\n\r\nM\xe2\x80\xaeller", "direction"),
        (NAME + b"\r\n\r\nM\x07ller", "control character"),
        (NAME + b"\r\n\r\nMuller\nAnna", "one line"),
        (NAME + b"\r\n\r\n\xe3\x85\xa4 \xe2\x80\x8f", "can be seen"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_by_its_field(
    computer: Computer, part: bytes, words: str
) -> None:
    body = assert_problem(send(computer, part), 400, "invalid")
    assert list(body["errors"]) == ["patient_last_name"]
    assert words in body["errors"]["patient_last_name"][0]
    assert_nothing_was_made()


@pytest.mark.parametrize(
    ("header", "charset", "name"),
    [
        (b"filename*=ISO-8859-1''M%FCller.png", "", "Müller.png"),
        (b"filename*=UTF-8''M%C3%BCller.png", "", "Müller.png"),
        (b'filename="M\xfcller; a.png"', "iso-8859-1", "Müller; a.png"),
        (b'filename="M\xc3\xbcller.png"', "", "Müller.png"),
    ],
)
def test_a_files_name_arrives_whole(computer: Computer, header: bytes, charset: str, name: str) -> None:
    film = FILM.replace(b'filename="a.png"', header) + phantom_png(1)
    assert send(computer, charset=charset, film=film).status_code == 201
    scan = Scan.objects.get()
    assert (scan.original_name, scan.size_bytes) == (name, len(phantom_png(1)))


@pytest.mark.parametrize("header", [b'filename="M\xfcller.png"', b"filename*=UTF-8''M%FCller.png"])
def test_a_files_name_that_cannot_be_read_is_told(computer: Computer, header: bytes) -> None:
    film = FILM.replace(b'filename="a.png"', header) + phantom_png(1)
    body = assert_problem(send(computer, film=film), 400, "invalid")
    assert "name cannot be read" in body["errors"]["film"][0]
    assert_nothing_was_made()


@pytest.mark.parametrize("disposition", [b'; name="film"', b'; name="film"; filename=""'])
@pytest.mark.parametrize("size", [0, 3_000_000])
def test_a_film_without_a_file_name_is_told_what_is_missing(
    computer: Computer, disposition: bytes, size: int
) -> None:
    film = b"Content-Disposition: form-data" + disposition + b"\r\n\r\n" + phantom_png(1) + b"\x00" * size
    body = assert_problem(send(computer, film=film), 400, "invalid")
    assert "without a file name" in body["errors"]["film"][0]
    assert_nothing_was_made()


def test_a_path_in_place_of_the_film_is_told(computer: Computer) -> None:
    film = b'Content-Disposition: form-data; name="film"\r\n\r\n/tmp/film.png'
    body = assert_problem(send(computer, film=film), 400, "invalid")
    assert "Send “film” as a file" in body["errors"]["film"][0]


def test_text_after_the_film_and_many_parts_are_read(computer: Computer) -> None:
    number = NUMBER.replace(b"L-1", b"L-2")
    parts = [FILM + phantom_png(2), FILM + phantom_png(3), typed("latin-1", b"M\xfcller")]
    body = (
        b"".join(b"--line-of-dots\r\n" + part + b"\r\n" for part in [*parts, number])
        + b"--line-of-dots--\r\n"
    )
    headers = {"Authorization": f"Token {computer.plain}"}
    kind = "multipart/form-data; boundary=line-of-dots"
    response = computer.client.generic("POST", STUDIES, body, content_type=kind, headers=headers)
    assert response.status_code == 201, response.content
    assert (Patient.objects.get().last_name, Scan.objects.count()) == ("Müller", 2)


def test_a_hundred_letters_fit_however_they_are_composed(computer: Computer, film: Any) -> None:
    assert computer.submit(film(), patient_last_name="u\u0308" * 100).status_code == 201
    assert Patient.objects.get().last_name == "ü" * 100
    body = assert_problem(computer.submit(film(), patient_last_name="u\u0308" * 101), 400, "invalid")
    assert list(body["errors"]) == ["patient_last_name"]


def test_too_much_text_and_too_many_fields_are_told(computer: Computer, film: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert_problem(computer.submit(film(), reason="x" * 2000), 413, "too_large")
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    assert_problem(computer.submit(film(), reason="x", symptoms="y"), 413, "too_large")
    assert not Study.objects.exists()


@pytest.mark.parametrize("number", ["\u200b", "\ufeff\u00ad", "\u2060 \u180e"])
def test_a_number_of_invisible_marks_alone_is_no_number(
    computer: Computer, film: Callable[..., Any], number: str
) -> None:
    body = assert_problem(computer.submit(film(), number=number), 400, "invalid")
    assert body["errors"] == {"patient_number": ["This field may not be blank."]}
    assert_nothing_was_made()

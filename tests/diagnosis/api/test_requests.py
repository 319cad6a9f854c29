"""A request that cannot be read is refused in words."""

import pytest

from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.problems import assert_problem


def test_other_media_types(computer: Computer) -> None:
    headers = {"Authorization": f"Token {computer.plain}"}
    response = computer.client.post(
        STUDIES, {"patient_number": "1"}, content_type="application/json", headers=headers
    )
    assert_problem(response, 415)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b"\xff\xfe no multipart"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="film"; filename="a',
        ),
        ("multipart/form-data; boundary=x", b""),
    ],
)
def test_malformed_multipart(computer: Computer, content_type: str, body: bytes) -> None:
    headers = {"Authorization": f"Token {computer.plain}"}
    response = computer.client.post(STUDIES, body, content_type=content_type, headers=headers)
    assert_problem(response, 400)


def test_too_many_files(computer: Computer, film, settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    assert_problem(computer.submit(film(1), film(2), film(3)), 413)


def test_too_much_text(computer: Computer, film) -> None:
    assert_problem(computer.submit(film(), reason="x" * 3_000_000), 413)


def test_a_request_in_an_alphabet_that_cannot_be_read_is_refused_in_words(computer: Computer) -> None:
    response = computer.client.generic(
        "POST",
        STUDIES,
        b'--x\r\nContent-Disposition: form-data; name="reason"\r\n\r\n\xff\r\n--x--\r\n',
        content_type="multipart/form-data; boundary=x; charset=idna",
        headers={"Authorization": f"Token {computer.plain}"},
    )
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"

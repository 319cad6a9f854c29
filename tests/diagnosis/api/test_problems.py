"""Every error of the API is a problem in words that a program understands."""

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.settings import api_settings

from diagnosis.api import throttling
from portal.cache import ForgivingRedisCache
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer

MISSING = "00000000-0000-4000-8000-000000000000"


def assert_problem(response, status: int) -> dict:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= set(body)
    return body


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Token",
        "Token carina_wrong",
        "Bearer carina_wrong",
        "Token a b",
        "Token " + "x" * 5000,
        "Token ä",
    ],
)
def test_without_a_good_token_the_answer_is_401_and_says_what_is_wanted(
    db: None, client: Client, header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}
    for response in (
        client.post(STUDIES, headers=headers),
        client.get(f"{STUDIES}{MISSING}/", headers=headers),
    ):
        assert_problem(response, 401)
        assert response.headers["WWW-Authenticate"].startswith("Token ")


def test_a_signed_in_doctor_is_nobody_here(cast: Cast, client: Client) -> None:
    client.force_login(cast.doctor)
    assert_problem(client.get(f"{STUDIES}{MISSING}/"), 401)


def test_addresses_that_do_not_exist(computer: Computer, client: Client) -> None:
    assert_problem(computer.read(f"{STUDIES}{MISSING}/"), 404)
    for path in ("/api/", "/api/v1/", "/api/v1/studies", "/api/v1/studies/7/", "/api/v2/x/"):
        assert_problem(client.get(path), 404)
        assert_problem(client.post(path), 404)


def test_methods_that_are_not_for_this_address(computer: Computer) -> None:
    response = computer.read(STUDIES)
    assert_problem(response, 405)
    assert "POST" in response.headers["Allow"]
    headers = {"Authorization": f"Token {computer.plain}"}
    assert_problem(computer.client.delete(f"{STUDIES}{MISSING}/", headers=headers), 405)


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


def test_a_busy_token_is_told_when_to_come_back(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling.TokenThrottle, "rate", "2/min", raising=False)
    for _ in range(2):
        assert_problem(computer.read(f"{STUDIES}{MISSING}/"), 404)
    response = computer.read(f"{STUDIES}{MISSING}/")
    assert_problem(response, 429)
    assert 0 < int(response.headers["Retry-After"]) <= 60


def test_guessing_tokens_is_slowed_down_and_stops_no_good_token(
    computer: Computer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling.BadTokenThrottle, "rate", "3/min", raising=False)
    bad = {"Authorization": "Token carina_guess"}
    statuses = [client.get(f"{STUDIES}{MISSING}/", headers=bad).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert computer.read(f"{STUDIES}{MISSING}/").status_code == 404


def test_without_a_cache_films_still_come_in(
    computer: Computer, film, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling.TokenThrottle, "cache", ForgivingRedisCache("redis://127.0.0.1:1/0", {}))
    assert computer.submit(film()).status_code == 201


def test_what_nobody_foresaw_is_a_problem_too(
    computer: Computer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("diagnosis.access.study_or_404", broken)
    computer.client.raise_request_exception = False
    response = computer.read(f"{STUDIES}{MISSING}/")
    assert_problem(response, 500)
    assert "secret" not in response.content.decode()
    assert "a secret detail" in caplog.text


def test_throttles_use_the_cache_of_the_portal() -> None:
    assert throttling.TokenThrottle.cache is cache
    assert set(api_settings.DEFAULT_THROTTLE_RATES) == {"token", "bad_token"}


@pytest.mark.parametrize("method", ["SETTINGS", "REQUEST", "FINALIZE_RESPONSE", "BREW"])
def test_no_method_is_strange_enough_to_break_an_address_where_nothing_is(
    method: str, client: Client
) -> None:
    response = client.generic(method, "/api/nothing")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


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

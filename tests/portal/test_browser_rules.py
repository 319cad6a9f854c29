"""What browsers are told and sent: rules for pages, compressed pages, words where there is no page."""

import gzip

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from portal.middleware import Bodies, Compressed
from tests.conftest import Cast

ADDRESSES = ["/accounts/login/", "/nowhere/", "/healthz", "/api/v1/studies/", "/accounts/logout/"]
PACKED = {"accept-encoding": "gzip, br"}


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_gets_the_camera_or_serves_another_site(db: None, address: str) -> None:
    answer = Client().get(address)
    for feature in ("camera", "microphone", "geolocation"):
        assert f"{feature}=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_nor_shares_its_window_with_one(db: None) -> None:
    assert Client().get("/accounts/login/").headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_browsers_second_factor_is_not_forbidden(db: None) -> None:
    assert "publickey-credentials" not in Client().get("/accounts/login/").headers["Permissions-Policy"]


@pytest.fixture
def doctor(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.doctor, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize("site", ["none", "same-origin", None])
def test_a_page_is_compressed(doctor: Client, site: str | None) -> None:
    answer = doctor.get("/worklist/", headers=PACKED | ({"sec-fetch-site": site} if site else {}))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(answer.content)
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_but_not_one_that_another_site_asked_for(doctor: Client, site: str) -> None:
    answer = doctor.get("/worklist/?q=guess", headers=PACKED | {"sec-fetch-site": site})
    assert "Content-Encoding" not in answer.headers


def test_its_length_tells_little(doctor: Client) -> None:
    lengths = {len(doctor.get("/worklist/", headers=PACKED).content) for _ in range(12)}
    assert len(lengths) > 3, "no padding of a random length"


@pytest.mark.parametrize("media_type", ["image/png", "application/json", "application/problem+json"])
def test_films_and_the_apis_answers_are_left_as_they_are(media_type: str) -> None:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_ENCODING"] = "gzip"
    sent = HttpResponse(b"a" * 1000, content_type=media_type)
    assert Compressed(lambda _: sent)(request).content == b"a" * 1000


def test_an_address_that_does_not_take_a_request_says_so(doctor: Client) -> None:
    answer = doctor.delete("/worklist/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert "takes no such request" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_to_a_program_too(db: None) -> None:
    answer = Client().delete("/api/schema/")
    assert answer.status_code == 405
    assert "problem+json" in answer.headers["Content-Type"]


class TestOtherServers:
    """Development's server and others hand a request over before its body was looked at."""

    def test_a_strangers_large_body_is_not_read(self, db: None) -> None:
        answer = Client().post("/accounts/login/", {"login": "x" * 20_000})
        assert answer.status_code == 413
        assert "Sign in before you send this" in answer.content.decode()

    def test_one_of_unknown_length_needs_a_length(self) -> None:
        request = HttpRequest()
        request.path = "/api/v1/studies/"
        request.META["HTTP_TRANSFER_ENCODING"] = "chunked"
        answer = Bodies(lambda _: HttpResponse())(request)
        assert answer.status_code == 411
        assert b"Content-Length" in answer.content

    def test_whatever_is_too_large_for_anybody_is_refused(self, doctor: Client) -> None:
        answer = doctor.generic("POST", "/studies/new/", b"", CONTENT_LENGTH=str(2_000_000_000))
        assert answer.status_code == 413
        assert "1000 MB" in answer.content.decode()

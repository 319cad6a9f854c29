"""What every request and every answer passes."""

from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.conftest import Cast
from tests.films import analysed_scan

ALPHABETS = ["idna", "hex", "undefined"]
FORM = b'--b\r\nContent-Disposition: form-data; name="number"\r\n\r\nP-1\r\n--b--\r\n'


@pytest.fixture
def signed_in(cast: Cast) -> Callable[[User], Client]:
    def as_user(user: User) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return as_user


class TestAlphabets:
    """Python knows codecs that no form can be read in: such a form is refused, it is no fault of ours."""

    @pytest.mark.parametrize("alphabet", ALPHABETS)
    @pytest.mark.parametrize("page", ["study_new", "account_login", "profile"])
    def test_a_form_in_one_that_cannot_be_read_is_a_bad_request(
        self, signed_in: Callable[[User], Client], cast: Cast, page: str, alphabet: str
    ) -> None:
        doctor = signed_in(cast.doctor)
        media_type = f"multipart/form-data; boundary=b; charset={alphabet}"
        answer = doctor.generic("POST", reverse(page), FORM, content_type=media_type)
        assert answer.status_code == 400
        assert "could not be understood" in answer.content.decode()

    @pytest.mark.parametrize("alphabet", ["utf-8", "iso-8859-1", "nonsense"])
    def test_others_are_read(self, signed_in: Callable[[User], Client], cast: Cast, alphabet: str) -> None:
        media_type = f"multipart/form-data; boundary=b; charset={alphabet}"
        answer = signed_in(cast.doctor).generic("POST", reverse("study_new"), FORM, content_type=media_type)
        assert answer.status_code == 422  # the other fields are missing
        assert 'value="P-1"' in answer.content.decode()

    @pytest.mark.parametrize(
        "media_type",
        ["text/plain; charset=idna", "text/plain; charset=hex", "text/plain; charset*=nonsense''%ff"],
    )
    def test_nor_does_a_query_in_one_break_the_server(self, db: None, media_type: str) -> None:
        from portal.wsgi import application

        environ: dict[str, Any] = {
            "PATH_INFO": "/worklist/",
            "QUERY_STRING": "q=Ada%C3",
            "CONTENT_TYPE": media_type,
        }
        setup_testing_defaults(environ)
        statuses: list[str] = []
        body = application(environ, lambda status, headers: statuses.append(status))
        assert statuses == ["400 Bad Request"]
        assert b"Ada" not in b"".join(body)


class TestPrivateAnswers:
    def test_a_review_that_comes_back_is_kept_by_nobody(
        self, signed_in: Callable[[User], Client], cast: Cast
    ) -> None:
        scan = analysed_scan(cast.clinic_a, cast.doctor)
        answer = signed_in(cast.doctor).post(reverse("scan_review", args=[scan.public_id]), {})
        assert answer.status_code == 422
        assert answer.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize("page", ["profile", "account_change_password", "worklist", "study_new"])
    def test_nor_is_a_page(self, signed_in: Callable[[User], Client], cast: Cast, page: str) -> None:
        kept = signed_in(cast.doctor).get(reverse(page)).headers["Cache-Control"]
        assert "private" in kept
        assert "no-store" in kept

    def test_nor_a_page_that_says_why_there_is_none(
        self, signed_in: Callable[[User], Client], cast: Cast
    ) -> None:
        doctor = signed_in(cast.doctor)
        for address in ("/nowhere/", "/admin/"):
            assert doctor.get(address).headers["Cache-Control"] == "private, no-store"

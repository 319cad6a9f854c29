"""Signing in leads to one's own page, and the session ends with the browser."""

from typing import Any

from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.accounts.registration.form import link_in, registration
from tests.accounts.sign_in.attempts import LOGIN, sign_in
from tests.conftest import Cast


def test_each_starts_on_their_own_page(cast: Cast, password: str) -> None:
    starts = {
        cast.doctor: reverse("worklist"),
        cast.administrator: reverse("worklist"),
        cast.operator: reverse("admin:index"),  # made on the command line: nothing to confirm
        cast.waiting_doctor: reverse("approval_waiting"),
        cast.refused_doctor: reverse("approval_waiting"),
    }
    for user, page in starts.items():
        answer = sign_in(Client(), user, password)
        assert answer.headers["Location"] == page


def test_the_address_may_be_typed_in_any_case_and_leads_back_where_one_was(
    client: Client, cast: Cast, password: str
) -> None:
    page = reverse("profile")
    answer = client.post(LOGIN, {"login": " Doctor@A.Example ", "password": password, "next": page})
    assert answer.headers["Location"] == page
    other = sign_in(Client(), cast.doctor, password, next="https://evil.example/")
    assert other.headers["Location"] == reverse("worklist")


def test_a_sign_in_goes_on_while_the_cache_is_down(
    client: Client, cast: Cast, password: str, settings: Any
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "portal.cache.ForgivingRedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",  # the discard port: nobody listens
        }
    }
    assert client.get(LOGIN).status_code == 200
    assert "password is wrong" in sign_in(client, cast.doctor, "wrong").content.decode()
    assert sign_in(client, cast.doctor, password).headers["Location"] == reverse("worklist")


def test_a_session_ends_with_the_browser_whichever_way_it_began(client: Client, cast: Cast) -> None:
    """Confirming one's address signs in as well, past the form that says for how long."""
    client.post(reverse("account_signup"), registration(cast.clinic_a))
    answer = client.post(link_in(mail.outbox[0].body))
    cookie = answer.cookies["sessionid"]
    assert client.get(reverse("approval_waiting")).status_code == 200
    assert (cookie["expires"], cookie["max-age"]) == ("", "")


def test_sessions_are_kept_by_the_server_and_end_with_the_browser(
    client: Client, cast: Cast, password: str
) -> None:
    answer = sign_in(client, cast.doctor, password)
    cookie = answer.cookies["sessionid"]
    assert Session.objects.filter(pk=cookie.value).exists()
    assert cookie["expires"] == ""
    assert cookie["httponly"] is True

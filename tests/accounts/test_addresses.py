"""Links in mails lead to the portal, whatever Host the sender of the request wrote."""

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from accounts import notices
from tests.conftest import Cast

FOREIGN = "localhost:6666"


@pytest.fixture(autouse=True)
def public(settings: SettingsWrapper) -> None:
    settings.PUBLIC_ADDRESS = "https://carina.example.org"


def test_a_new_password_is_asked_for_under_another_port(cast: Cast) -> None:
    Client().post("/accounts/password/reset/", {"email": cast.doctor.email}, headers={"host": FOREIGN})
    (sent,) = mail.outbox
    assert "https://carina.example.org/accounts/password/reset/key/" in sent.body
    assert "6666" not in sent.body + sent.subject


def test_somebody_unknown_is_told_where_to_register(db: None) -> None:
    Client().post("/accounts/password/reset/", {"email": "new@a.example"}, headers={"host": FOREIGN})
    (sent,) = mail.outbox
    assert "Carina, carina.example.org" in sent.body
    assert "6666" not in sent.body


def test_so_do_the_portals_own_mails(
    cast: Cast, rf: object, django_capture_on_commit_callbacks: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from allauth.core import context

    request = rf.get("/", headers={"host": FOREIGN})
    with context.request_context(request), django_capture_on_commit_callbacks(execute=True):
        notices.send_after_commit(kind="approved", user=cast.doctor)
    (sent,) = mail.outbox
    assert "https://carina.example.org/accounts/login/" in sent.body
    assert "6666" not in sent.body

"""The account's pages look like the portal's own."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast


@pytest.mark.parametrize(
    "name",
    [
        "account_login", "account_signup", "account_logout", "account_email_verification_sent",
        "account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done",
        "account_inactive", "account_change_password", "account_reauthenticate", "profile",
    ],
)  # fmt: skip
def test_every_page_stands_in_our_frame(client: Client, cast: Cast, name: str) -> None:
    signed_in_only = {"account_logout", "account_change_password", "account_reauthenticate", "profile"}
    if name in signed_in_only:
        client.force_login(cast.doctor)
    page = client.get(reverse(name))
    assert page.status_code == 200
    text = page.content.decode()
    assert "not a medical device" in text
    assert "portal/carina.css" in text
    assert " style=" not in text, "the Content-Security-Policy would drop it"
    assert "<script>" not in text


def test_links_that_are_used_up_or_made_up_are_answered_in_words(client: Client, cast: Cast) -> None:
    confirm = client.get(reverse("account_confirm_email", args=["made-up"]))
    assert "already been used" in confirm.content.decode()
    reset = client.get(reverse("account_reset_password_from_key", args=["zz", "made-up"]))
    assert "already been used" in reset.content.decode()

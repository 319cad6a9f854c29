"""The account's pages look like the portal's own."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import audit
from accounts.demo import PASSWORD
from accounts.sign_in_forms import RULES
from tests.accounts.registration.form import registration
from tests.conftest import Cast


@pytest.mark.parametrize(
    "name",
    [
        "account_login", "account_signup", "account_logout", "account_email_verification_sent",
        "account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done",
        "account_inactive", "account_change_password", "account_reauthenticate", "profile", "session_list",
        "mfa_index", "mfa_list_webauthn", "mfa_activate_totp", "mfa_add_webauthn",
    ],
)  # fmt: skip
def test_every_page_stands_in_our_frame(client: Client, cast: Cast, name: str) -> None:
    signed_in_only = ("account_logout", "account_change_password", "account_reauthenticate", "profile")
    if name in signed_in_only or name.startswith(("mfa_", "session_")):
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


def test_the_sign_in_page_says_what_this_is_and_waits_for_the_address(client: Client, db: None) -> None:
    text = client.get(reverse("account_login")).content.decode()
    assert "Carina reads chest X-rays" in text
    field = next(tag for tag in text.split("<input") if 'name="login"' in tag)
    assert " autofocus" in field
    assert "E-mail address" in text


def test_the_demonstrations_people_are_listed_by_a_demonstration_alone(
    client: Client, cast: Cast, settings: Any
) -> None:
    audit.record(actor="demo", action="demo.loaded", subject=f"demo:{cast.doctor.email}")
    for here in (False, True):
        settings.DEMO_LOGINS = here
        text = client.get(reverse("account_login")).content.decode()
        assert (cast.doctor.email in text) is here
        assert (PASSWORD in text) is here
        assert cast.colleague.email not in text, "the demonstration did not make this one"


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("short", "too short"),
        ("password123", "too common"),
        ("123456789012", "entirely numeric"),
        ("newdoctorb@a.example", "too similar"),
    ],
)
def test_what_is_wrong_with_a_password_takes_the_place_of_the_rules(
    client: Client, cast: Cast, typed: str, wrong: str
) -> None:
    page = reverse("account_signup")
    assert RULES in client.get(page).content.decode()
    sent = registration(cast.clinic_a, email="newdoctor@a.example", password1=typed, password2=typed)
    text = client.post(page, sent).content.decode()
    assert wrong in text
    assert RULES not in text


def test_a_page_of_a_limit_is_ours(client: Client, db: None) -> None:
    for _ in range(21):
        answer = client.post(reverse("account_signup"), {})
    assert answer.status_code == 429
    assert "Wait a minute" in answer.content.decode()

"""Signing in and out, passwords and the profile: they work, and they are on record."""

import json
import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from tests.conftest import Cast

LOGIN = reverse("account_login")
SECOND = "another long secret"


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action))


def sign_in(client: Client, user: User, password: str, **extra: str) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password, **extra})


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


def test_signing_in_and_out_is_on_record(client: Client, cast: Cast, password: str) -> None:
    sign_in(client, cast.doctor, password)
    client.post(reverse("account_logout"))
    assert reverse("account_login") in client.get(reverse("profile")).headers["Location"]
    for action in ("user.signed_in", "user.signed_out"):
        (event,) = events(action)
        assert (event.actor, event.subject) == (cast.doctor.email, f"user:{cast.doctor.public_id}")
        assert (event.clinic_id, event.facts["from"]) == (cast.clinic_a.pk, "127.0.0.1")


def test_a_failed_sign_in_is_on_record_without_what_was_typed(client: Client, cast: Cast) -> None:
    answer = sign_in(client, cast.doctor, "my-typed-secret")
    assert "password is wrong" in answer.content.decode()
    answer = client.post(LOGIN, {"login": "secret-typed-here@nobody.example", "password": "my-typed-secret"})
    assert "password is wrong" in answer.content.decode()
    known, unknown = events("user.sign_in_failed")
    assert (known.subject, known.actor) == (f"user:{cast.doctor.public_id}", "anonymous")
    assert (unknown.subject, unknown.clinic_id) == ("user:unknown", None)
    everything = json.dumps(list(AuditEvent.objects.values()), default=str)
    assert "my-typed-secret" not in everything
    assert "secret-typed-here" not in everything


def test_attempts_are_limited_and_so_is_the_record_of_them(client: Client, cast: Cast, password: str) -> None:
    for _ in range(12):
        answer = sign_in(client, cast.doctor, "wrong")
    assert "Too many attempts" in answer.content.decode()
    assert len(events("user.sign_in_failed")) <= 10
    assert "Too many attempts" in sign_in(client, cast.doctor, password).content.decode()


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


class TestPassword:
    def test_changing_it_ends_the_other_sessions_and_tells_the_owner(
        self, client: Client, cast: Cast, password: str
    ) -> None:
        elsewhere = Client()
        sign_in(elsewhere, cast.doctor, password)
        sign_in(client, cast.doctor, password)
        data = {"oldpassword": password, "password1": SECOND, "password2": SECOND}
        answer = client.post(reverse("account_change_password"), data)
        assert answer.headers["Location"] == reverse("profile")
        assert client.get(reverse("profile")).status_code == 200
        assert LOGIN in elsewhere.get(reverse("profile")).headers["Location"]
        assert mail.outbox[0].to == [cast.doctor.email]
        assert len(events("user.password_changed")) == 1

    def test_a_forgotten_one_is_chosen_anew_by_mail_once(
        self, client: Client, cast: Cast, password: str
    ) -> None:
        elsewhere = Client()
        sign_in(elsewhere, cast.doctor, password)
        answer = client.post(reverse("account_reset_password"), {"email": "Doctor@a.example"}, follow=True)
        assert "Check your e-mail" in answer.content.decode()
        found = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)
        assert found is not None
        page = client.get(found[1])
        form = page.headers["Location"]
        assert "Choose a new password" in client.get(form).content.decode()
        answer = client.post(form, {"password1": SECOND, "password2": SECOND}, follow=True)
        assert "Your password is changed" in answer.content.decode()
        assert LOGIN in elsewhere.get(reverse("profile")).headers["Location"]
        assert sign_in(Client(), cast.doctor, SECOND).headers["Location"] == reverse("worklist")
        assert "already been used" in Client().get(found[1], follow=True).content.decode()
        assert len(events("user.password_reset")) == 1

    def test_who_asks_for_an_unknown_address_learns_nothing(self, client: Client, cast: Cast) -> None:
        known = client.post(reverse("account_reset_password"), {"email": cast.doctor.email})
        unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
        assert known.headers["Location"] == unknown.headers["Location"]


class TestProfile:
    def test_names_and_speciality_can_be_corrected_and_that_is_on_record(
        self, client: Client, cast: Cast
    ) -> None:
        client.force_login(cast.doctor)
        data = {"first_name": "Dora", "last_name": "Doe", "speciality": "Pneumology"}
        answer = client.post(reverse("profile"), data, follow=True)
        assert "saved" in answer.content.decode()
        user = User.objects.get(pk=cast.doctor.pk)
        assert (user.get_full_name(), user.speciality) == ("Dora Doe", "Pneumology")
        (event,) = events("user.changed")
        assert event.facts["changed"] == ["first_name", "last_name", "speciality"]

    def test_what_was_approved_stays(self, client: Client, cast: Cast) -> None:
        client.force_login(cast.doctor)
        data = {
            "first_name": "D", "last_name": "D", "speciality": "Radiology", "email": "x@y.example",
            "role": "administrator", "clinic": cast.clinic_b.pk, "licence_number": "X",
        }  # fmt: skip
        client.post(reverse("profile"), data)
        user = User.objects.get(pk=cast.doctor.pk)
        assert (user.email, user.role, user.clinic, user.licence_number) == (
            cast.doctor.email, "doctor", cast.clinic_a, "A-1",
        )  # fmt: skip

    def test_a_mistake_is_shown_and_the_frame_still_has_the_stored_name(
        self, client: Client, cast: Cast
    ) -> None:
        client.force_login(cast.doctor)
        answer = client.post(reverse("profile"), {"first_name": "Nobody", "last_name": "", "speciality": "x"})
        assert answer.status_code == 200
        assert "Nobody Test" not in answer.content.decode()
        assert User.objects.get(pk=cast.doctor.pk).first_name == cast.doctor.first_name


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


def test_sessions_are_kept_by_the_server_and_end_with_the_browser(
    client: Client, cast: Cast, password: str
) -> None:
    answer = sign_in(client, cast.doctor, password)
    cookie = answer.cookies["sessionid"]
    assert Session.objects.filter(pk=cookie.value).exists()
    assert cookie["expires"] == ""
    assert cookie["httponly"] is True

"""A password is changed or chosen anew."""

import re

from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.accounts.sign_in.attempts import LOGIN, events, sign_in
from tests.conftest import Cast

SECOND = "another long secret"


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

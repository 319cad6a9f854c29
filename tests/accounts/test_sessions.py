"""People see where they are signed in, end it there, and hear of a browser that is new."""

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.browsers import described
from tests.accounts.second_factor.steps import is_in
from tests.accounts.sign_in.attempts import events, sign_in
from tests.conftest import Cast, person

LIST = reverse("session_list")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101 Firefox/147.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Mobile/15E148 Safari/604.1"
)


def browser(cast: Cast, password: str, agent: str = FIREFOX, who: str = "doctor") -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    sign_in(client, getattr(cast, who), password)
    return client


def test_the_list_says_where_with_what_and_since_when(cast: Cast, password: str) -> None:
    own, _ = browser(cast, password), browser(cast, password, PHONE)
    browser(cast, password, "curl/8", who="colleague")
    page = own.get(LIST).content.decode()
    for words in ("Firefox on Windows", "Safari on an iPhone", "127.0.0.1", "this one"):
        assert words in page
    assert "unknown browser" not in page, "another person's is not there"
    assert page.count("End the session of") == 1, "one's own ends by signing out"


def test_one_is_ended_at_once_and_the_others_stay(cast: Cast, password: str) -> None:
    own, lost, third = (browser(cast, password) for _ in range(3))
    row = UserSession.objects.get(session_key=lost.session.session_key)
    own.post(reverse("session_end", args=[row.pk]))
    assert [is_in(client) for client in (own, lost, third)] == [True, False, True]
    assert events("user.session_ended")[0].subject == f"user:{cast.doctor.public_id}"


def test_all_others_are_ended_those_that_no_list_knows_included(cast: Cast, password: str) -> None:
    own, other = browser(cast, password), browser(cast, password)
    unlisted = Client()
    unlisted.force_login(cast.doctor)
    own.post(LIST)
    assert [is_in(client) for client in (own, other, unlisted)] == [True, False, False]
    assert own.get(LIST).content.decode().count("Firefox on Windows") == 1
    assert len(events("user.sessions_ended")) == 1


def test_nobody_ends_somebody_elses(cast: Cast, password: str) -> None:
    own, theirs = browser(cast, password), browser(cast, password, who="colleague")
    row = UserSession.objects.get(session_key=theirs.session.session_key)
    assert own.post(reverse("session_end", args=[row.pk])).status_code == 404
    own.post(LIST)
    assert is_in(theirs)


class TestNewBrowser:
    def mails(self) -> list[Any]:
        return [message for message in mail.outbox if "new browser" in message.subject]

    @pytest.fixture(autouse=True)
    def signed_in_before(self, cast: Cast, password: str, django_capture_on_commit_callbacks: Any) -> Any:
        browser(cast, password)
        mail.outbox.clear()
        self.commits = django_capture_on_commit_callbacks

    def test_its_person_is_told_by_mail(self, cast: Cast, password: str) -> None:
        with self.commits(execute=True):
            browser(cast, password, PHONE)
        (told,) = self.mails()
        assert told.to == [cast.doctor.email]
        for words in ("Safari on an iPhone", "127.0.0.1", LIST):
            assert words in told.body

    def test_a_known_one_is_not_worth_a_mail(self, cast: Cast, password: str) -> None:
        with self.commits(execute=True):
            client = browser(cast, password)
            client.post(reverse("account_logout"))
            sign_in(client, cast.doctor, password)
        assert len(self.mails()) == 1

    def test_the_very_first_sign_in_is_not_either(self, cast: Cast, password: str) -> None:
        with self.commits(execute=True):
            sign_in(Client(), person("new@a.example", cast.clinic_a, "technician"), password)
        assert not self.mails()

    def test_a_person_who_is_new_in_a_known_browser_is(self, cast: Cast, password: str) -> None:
        client = browser(cast, password)
        browser(cast, password, who="colleague")
        client.post(reverse("account_logout"))
        mail.outbox.clear()
        with self.commits(execute=True):
            sign_in(client, cast.colleague, password)
        assert [message.to for message in self.mails()] == [[cast.colleague.email]]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (PHONE, "Safari on an iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/150.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/19.0 Safari/605.1.15", "Safari on a Mac"),
        ("<script>alert(1)</script>", "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(agent: str, words: str) -> None:
    assert described(agent) == words

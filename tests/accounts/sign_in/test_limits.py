"""Only whoever guesses waits: neither the account's owner nor their hospital is shut out."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from tests.accounts.registration.form import link_in
from tests.accounts.sign_in.attempts import LOGIN, events, sign_in
from tests.conftest import Cast

WORKLIST = reverse("worklist")
STOPPED = "Too many attempts"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """A clock that is set forward by hand alone: what is told to the second waits for no machine."""
    now = {"ahead": 0.0}
    began = float(int(time.time()))
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: began + now["ahead"])
    return now


def guess(user: User, times: int, address: str = "203.0.113.9") -> Any:
    """Wrong passwords from a browser that was never seen; the last answer."""
    guesser = Client(REMOTE_ADDR=address)
    answers = [sign_in(guesser, user, "wrong") for _ in range(times)]
    return answers[-1]


def at(address: str) -> Client:
    return Client(REMOTE_ADDR=address)


def let_in(answer: Any) -> bool:
    return bool(answer.headers.get("Location") == WORKLIST)


def test_the_sixth_guess_waits_and_is_told_how_long(cast: Cast, clock: dict[str, float]) -> None:
    assert "password is wrong" in guess(cast.doctor, 5).content.decode()
    clock["ahead"] = 200
    text = guess(cast.doctor, 1).content.decode()
    assert STOPPED in text
    assert "Try again in 2 minutes" in text
    clock["ahead"] = 290
    assert "Try again in 10 seconds" in guess(cast.doctor, 1).content.decode()
    clock["ahead"] = 301
    assert "password is wrong" in guess(cast.doctor, 1).content.decode()


def test_a_right_password_does_not_count(cast: Cast, password: str) -> None:
    guess(cast.doctor, 4)
    assert let_in(sign_in(at("203.0.113.9"), cast.doctor, password))
    assert "password is wrong" in guess(cast.doctor, 1).content.decode()
    assert STOPPED in guess(cast.doctor, 1).content.decode()


def test_the_owner_signs_in_where_they_did_before_whatever_others_try(cast: Cast, password: str) -> None:
    own = at("198.51.100.1")
    assert let_in(sign_in(own, cast.doctor, password))
    own.post(reverse("account_logout"))
    for number in range(12):  # from everywhere, from the owner's own address too
        guess(cast.doctor, 6, f"203.0.113.{number}")
    guess(cast.doctor, 6, "198.51.100.1")
    assert let_in(sign_in(own, cast.doctor, password))


def test_the_owner_signs_in_from_another_address_while_somebody_guesses(cast: Cast, password: str) -> None:
    guess(cast.doctor, 8)
    assert let_in(sign_in(at("198.51.100.1"), cast.doctor, password))


def test_a_known_browser_has_a_limit_of_its_own(cast: Cast, password: str) -> None:
    own = at("198.51.100.1")
    sign_in(own, cast.doctor, password)
    own.post(reverse("account_logout"))
    texts = [sign_in(own, cast.doctor, "wrong").content.decode() for _ in range(11)]
    assert [STOPPED in text for text in texts] == [False] * 10 + [True]
    assert STOPPED in sign_in(own, cast.doctor, password).content.decode()
    assert let_in(sign_in(at("198.51.100.1"), cast.doctor, password)), "and takes nothing from others"


def test_a_browser_known_for_one_person_is_new_for_another(cast: Cast, password: str) -> None:
    shared = at("198.51.100.1")
    sign_in(shared, cast.technician, password)
    shared.post(reverse("account_logout"))
    texts = [sign_in(shared, cast.doctor, "wrong").content.decode() for _ in range(6)]
    assert STOPPED in texts[-1]
    assert STOPPED not in texts[-2]


def test_a_browser_that_was_not_used_for_half_a_year_is_new_again(cast: Cast, password: str) -> None:
    own = at("198.51.100.1")
    sign_in(own, cast.doctor, password)
    own.post(reverse("account_logout"))
    cast.doctor.known_browsers.update(last_used_at=timezone.now() - timedelta(days=181))
    texts = [sign_in(own, cast.doctor, "wrong").content.decode() for _ in range(6)]
    assert STOPPED in texts[-1]


def test_a_new_password_by_mail_makes_every_browser_new(cast: Cast, password: str) -> None:
    """Whoever knew the old password may have used one of them."""
    once, owner, new = at("198.51.100.1"), at("203.0.113.1"), "another long secret"
    sign_in(once, cast.doctor, password)
    owner.post(reverse("account_reset_password"), {"email": cast.doctor.email})
    form = owner.get(link_in(mail.outbox[-1].body)).headers["Location"]
    owner.post(form, {"password1": new, "password2": new})
    texts = [sign_in(once, cast.doctor, password).content.decode() for _ in range(6)]
    assert STOPPED in texts[-1]


def test_a_made_up_key_opens_no_allowance(cast: Cast) -> None:
    for number in range(6):
        guesser = at("203.0.113.9")
        guesser.cookies["carina_browser"] = f"made-up-{number}"
        answer = sign_in(guesser, cast.doctor, "wrong")
    assert STOPPED in answer.content.decode()


def test_a_colleague_behind_the_same_address_is_let_in(cast: Cast, password: str) -> None:
    ward = "198.51.100.1"
    guesser = at(ward)
    for number in range(40):
        guesser.post(LOGIN, {"login": f"nobody{number}@a.example", "password": "wrong"})
    guess(cast.technician, 10, ward)
    assert let_in(sign_in(at(ward), cast.doctor, password))


def test_many_guesses_from_one_address_over_all_accounts_are_stopped(cast: Cast, password: str) -> None:
    ward = "198.51.100.1"
    known = at(ward)
    sign_in(known, cast.doctor, password)
    known.post(reverse("account_logout"))
    for number in range(100):
        at(ward).post(LOGIN, {"login": f"nobody{number}@a.example", "password": "wrong"})
    answer = at(ward).post(LOGIN, {"login": "one-more@a.example", "password": "wrong"})
    assert "Try again in 10 minutes" in answer.content.decode()
    assert let_in(sign_in(known, cast.doctor, password)), "browsers known from before are not concerned"


def test_guesses_at_one_account_from_many_addresses_are_stopped(cast: Cast) -> None:
    for number in range(10):
        guess(cast.doctor, 5, f"203.0.113.{number}")
    for times in (
        1,
        7,
    ):  # what was not looked at counts nowhere, and the wait that is told stays the right one
        text = guess(cast.doctor, times, "203.0.113.99").content.decode()
        assert "Try again in 60 minutes" in text
    assert "password is wrong" in guess(cast.technician, 1, "203.0.113.99").content.decode()


def test_who_chooses_a_new_password_by_mail_is_let_in_at_once(cast: Cast) -> None:
    for number in range(11):
        guess(cast.doctor, 6, f"203.0.113.{number}")
    owner, new = at("203.0.113.1"), "another long secret"
    owner.post(reverse("account_reset_password"), {"email": cast.doctor.email})
    form = owner.get(link_in(mail.outbox[0].body)).headers["Location"]
    owner.post(form, {"password1": new, "password2": new})
    assert let_in(sign_in(owner, cast.doctor, new))
    assert STOPPED in sign_in(at("203.0.113.1"), cast.doctor, new).content.decode(), "nobody else is"


def test_an_address_that_the_guesser_makes_up_resets_nothing(cast: Cast) -> None:
    guesser = at("203.0.113.9")
    for number in range(6):
        data = {"login": cast.doctor.email, "password": "wrong"}
        answer = guesser.post(LOGIN, data, headers={"X-Forwarded-For": f"192.0.2.{number}"})
    assert STOPPED in answer.content.decode()


def test_behind_a_proxy_each_address_that_it_saw_counts_for_itself(
    cast: Cast, password: str, settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(6):
        data = {"login": cast.doctor.email, "password": "wrong"}
        chosen = {"X-Forwarded-For": f"192.0.2.{number}, 203.0.113.9"}
        answer = at("10.0.0.1").post(LOGIN, data, headers=chosen)
    assert STOPPED in answer.content.decode()
    other = {"X-Forwarded-For": "198.51.100.1"}
    answer = at("10.0.0.1").post(LOGIN, {"login": cast.doctor.email, "password": password}, headers=other)
    assert let_in(answer)


def test_an_attempt_that_was_stopped_is_on_record_once_and_without_what_was_typed(cast: Cast) -> None:
    guess(cast.doctor, 9)
    (event,) = events("user.sign_in_stopped")
    assert (event.subject, event.actor) == (f"user:{cast.doctor.public_id}", "anonymous")
    assert event.facts == {"limit": "account_here", "from": "203.0.113.9", "person": cast.doctor.email}
    assert len(events("user.sign_in_failed")) == 5
    for _ in range(7):
        at("203.0.113.9").post(LOGIN, {"login": "typed@nobody.example", "password": "my-typed-secret"})
    unknown = events("user.sign_in_stopped")[-1]
    assert (unknown.subject, unknown.clinic_id) == ("user:unknown", None)
    everything = str(list(AuditEvent.objects.values()))
    assert "typed@nobody" not in everything
    assert "my-typed-secret" not in everything


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_no_more_than_one_by_one() -> None:
    user = User.objects.create_user("doctor@a.example", "correct horse battery")
    start, texts = threading.Barrier(12), []

    def once() -> None:
        try:
            start.wait()
            texts.append(guess(user, 1).content.decode())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=once) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("password is wrong" in text for text in texts) == 5


def test_known_and_unknown_accounts_are_stopped_alike(cast: Cast) -> None:
    known = guess(cast.doctor, 6).content.decode()
    stranger = User(email="nobody@a.example")
    unknown = guess(stranger, 6).content.decode()
    clean = [text[text.index(STOPPED) :][:120] for text in (known, unknown)]
    assert clean[0] == clean[1]


def test_the_cookie_of_a_known_browser_says_nothing_about_anybody(cast: Cast, password: str) -> None:
    browser = Client()
    cookie = sign_in(browser, cast.doctor, password).cookies["carina_browser"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/accounts/", True, "Lax")
    assert len(cookie.value) >= 40
    assert cookie.value not in str(list(cast.doctor.known_browsers.values()))

"""A session in which nobody does anything ends; what a page asks by itself keeps it no longer."""

import time
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from tests.accounts.sign_in.attempts import LOGIN, events, sign_in
from tests.conftest import Cast

LEFT = reverse("session_left")
WORKLIST = reverse("worklist")
MINUTE = 60
POLL = {"HX-Request": "true"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The sessions' clock, to be set forward; half an hour is the limit."""
    now = {"ahead": 0.0}
    real = time.time
    monkeypatch.setattr("accounts.sessions.time.time", lambda: real() + now["ahead"])
    return now


@pytest.fixture
def doctor(client: Client, cast: Cast, password: str) -> Client:
    sign_in(client, cast.doctor, password)
    return client


def at(clock: dict[str, float], minutes: float) -> None:
    clock["ahead"] = minutes * MINUTE


def test_after_half_an_hour_of_nothing_one_signs_in_anew_and_goes_on(
    doctor: Client, cast: Cast, password: str, clock: dict[str, float]
) -> None:
    page = reverse("profile")
    at(clock, 29)
    assert doctor.get(page).status_code == 200
    at(clock, 29 + 31)
    answer = doctor.get(page)
    assert answer.headers["Location"] == f"{LOGIN}?next={page}"
    form = doctor.get(answer.headers["Location"]).content.decode()
    assert "nothing happened for\n  30 minutes" in form
    (event,) = events("user.timed_out")
    assert event.subject == f"user:{cast.doctor.public_id}"
    assert not UserSession.objects.exists()
    assert sign_in(doctor, cast.doctor, password, next=page).headers["Location"] == page
    assert "nothing happened" not in doctor.get(page).content.decode()


def test_the_old_cookie_is_worth_nothing_afterwards(doctor: Client, clock: dict[str, float]) -> None:
    kept = doctor.cookies["sessionid"].value
    at(clock, 31)
    doctor.get(WORKLIST)
    at(clock, 0)
    doctor.cookies["sessionid"] = kept
    assert doctor.get(WORKLIST).status_code == 302


@pytest.mark.parametrize("ask", [(WORKLIST, POLL), (LEFT, {})])
def test_what_the_page_asks_by_itself_keeps_no_session(
    doctor: Client, clock: dict[str, float], ask: tuple[str, dict[str, str]]
) -> None:
    path, headers = ask
    for minutes in range(5, 31, 5):
        at(clock, minutes - 0.1)
        assert doctor.get(path, headers=headers).status_code == 200
    at(clock, 30.1)
    assert doctor.get(WORKLIST, headers=headers).status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_opening_a_page_or_sending_a_form_does(doctor: Client, clock: dict[str, float], method: str) -> None:
    for minutes in (20, 40, 60):
        at(clock, minutes)
        getattr(doctor, method)(reverse("profile"))
    at(clock, 85)
    assert doctor.get(WORKLIST).status_code == 200


def test_the_page_learns_how_long_is_left_and_tells_when_somebody_typed(
    doctor: Client, cast: Cast, clock: dict[str, float]
) -> None:
    left = doctor.get(LEFT).json()
    assert (left["of"], left["person"]) == (1800, str(cast.doctor.public_id))
    assert 1790 < left["seconds"] <= 1800
    at(clock, 20)
    assert 590 < doctor.get(LEFT).json()["seconds"] <= 600
    assert 1490 < doctor.post(LEFT, {"ago": "300"}).json()["seconds"] <= 1500, "typed five minutes ago"
    at(clock, 40)
    assert doctor.get(WORKLIST).status_code == 200


@pytest.mark.parametrize("ago", ["-99999", "x", "", "9" * 400, "99999", "1.5"])
def test_no_word_of_a_page_makes_a_session_longer_or_shorter_than_it_is(
    doctor: Client, clock: dict[str, float], ago: str
) -> None:
    at(clock, 20)
    seconds = doctor.post(LEFT, {"ago": ago}).json()["seconds"]
    assert 0 < seconds <= 1800


def test_nobody_has_nothing_left(client: Client, db: None) -> None:
    for answer in (client.get(LEFT), client.post(LEFT, {"ago": "0"})):
        assert answer.json()["seconds"] == 0
        assert answer.json()["person"] == ""


def test_an_ended_session_is_not_woken_by_telling_it_of_activity(
    doctor: Client, clock: dict[str, float]
) -> None:
    at(clock, 31)
    assert doctor.post(LEFT, {"ago": "0"}).json()["seconds"] == 0
    assert doctor.get(WORKLIST).status_code == 302


def test_a_clock_that_was_set_back_ends_nothing_and_is_followed(
    doctor: Client, clock: dict[str, float]
) -> None:
    at(clock, -24 * 60)
    assert doctor.get(WORKLIST).status_code == 200
    assert 1790 < doctor.get(LEFT).json()["seconds"] <= 1800


def test_how_long_is_the_operators_choice(doctor: Client, clock: dict[str, float], settings: Any) -> None:
    settings.SESSION_IDLE_SECONDS = 5 * MINUTE
    at(clock, 6)
    assert doctor.get(WORKLIST).status_code == 302


def test_the_list_of_sessions_follows_to_the_minute(doctor: Client, clock: dict[str, float]) -> None:
    before = UserSession.objects.get().last_seen_at
    doctor.get(WORKLIST)
    assert UserSession.objects.get().last_seen_at == before, "not every request writes"
    at(clock, 2)
    doctor.get(WORKLIST)
    assert UserSession.objects.get().last_seen_at > before


def test_every_page_of_a_signed_in_person_has_the_warning(doctor: Client) -> None:
    page = doctor.get(WORKLIST).content.decode()
    assert 'id="idle"' in page
    assert "portal/idle.js" in page
    assert 'id="idle"' not in Client().get(LOGIN).content.decode()

"""The pages by which administrators agree that one clinic reads for another."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from accounts.models import Clinic, Role, User
from diagnosis.models import ReadingAgreement
from tests.conftest import Cast, person
from tests.diagnosis.views.pages import text_of

PAGE = "/reading-agreements/"


@pytest.fixture
def other(cast: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(cast.other_administrator)


def typed(cast: Cast, **changed: Any) -> dict[str, Any]:
    return {
        "reading_clinic": str(cast.clinic_b.public_id),
        "covers": "urgent",
        "first_day": timezone.localdate().isoformat(),
        "last_day": "",
        "hours_from": "18:00",
        "hours_to": "08:00",
        "urgent_minutes": "25",
        "routine_minutes": "300",
        **changed,
    }


def ask(client: Client, cast: Cast, **changed: Any) -> Any:
    return client.post(f"{PAGE}new/", typed(cast, **changed), follow=True)


def test_asked_accepted_ended_with_the_names_of_both_sides(
    administrator: Client, other: Client, cast: Cast
) -> None:
    assert "Clinic B is asked" in text_of(ask(administrator, cast))
    row = ReadingAgreement.objects.get()
    theirs = text_of(other.get(PAGE))
    assert "Waiting for your answer" in theirs
    assert "Urgent studies, and those that are asked for" in theirs
    assert "18:00 to 08:00 at Clinic B" in theirs
    assert "within 25 minutes" in theirs
    assert "Your clinic reads for Clinic A" in text_of(
        other.post(f"{PAGE}{row.public_id}/accept/", follow=True)
    )
    ours = text_of(administrator.get(PAGE))
    assert "Asked by Administrator Test for Clinic A" in ours
    assert "Accepted by Administrator Test for Clinic B" in ours
    assert "In force" in ours
    assert "It has ended" in text_of(administrator.post(f"{PAGE}{row.public_id}/end/", follow=True))
    assert "Ended by Administrator Test" in text_of(other.get(PAGE))


def test_the_header_counts_what_waits_for_an_answer_on_the_side_that_is_asked(
    administrator: Client, other: Client, cast: Cast
) -> None:
    ask(administrator, cast)
    assert "1 asked to read" in text_of(other.get("/worklist/"))
    assert "asked to read" not in text_of(administrator.get("/worklist/"))
    other.post(f"{PAGE}{ReadingAgreement.objects.get().public_id}/accept/")
    assert "asked to read" not in text_of(other.get("/worklist/"))


def test_a_refused_form_comes_back_as_it_was_filled_in(administrator: Client, cast: Cast) -> None:
    gone = (timezone.localdate() - timedelta(days=3)).isoformat()
    page = administrator.post(f"{PAGE}new/", typed(cast, first_day=gone))
    assert page.status_code == 422
    assert "first day is past" in text_of(page)
    assert gone in page.content.decode()
    assert 'value="25"' in page.content.decode()


@pytest.mark.parametrize(
    "changed",
    [
        {"reading_clinic": "x"},
        {"reading_clinic": ""},
        {"covers": "nothing"},
        {"first_day": "soon"},
        {"hours_to": "25:00"},
        {"urgent_minutes": "0"},
        {"routine_minutes": "9" * 40},
    ],
)
def test_bad_input_is_told_beside_its_field(
    administrator: Client, cast: Cast, changed: dict[str, str]
) -> None:
    page = administrator.post(f"{PAGE}new/", typed(cast, **changed))
    assert page.status_code == 422
    assert "invalid-feedback" in page.content.decode()
    assert not ReadingAgreement.objects.exists()


def test_the_own_clinic_cannot_be_chosen(administrator: Client, cast: Cast) -> None:
    page = administrator.post(f"{PAGE}new/", typed(cast, reading_clinic=str(cast.clinic_a.public_id)))
    assert page.status_code == 422


def test_declining_asks_why_and_keeps_what_is_told(administrator: Client, other: Client, cast: Cast) -> None:
    ask(administrator, cast)
    row = ReadingAgreement.objects.get()
    assert other.post(f"{PAGE}{row.public_id}/decline/", {"reason": " "}).status_code == 422
    other.post(f"{PAGE}{row.public_id}/decline/", {"reason": "Nobody is here at night"})
    assert "“Nobody is here at night”" in text_of(administrator.get(PAGE))


def test_what_nobody_has_answered_is_withdrawn_in_these_words(administrator: Client, cast: Cast) -> None:
    ask(administrator, cast)
    row = ReadingAgreement.objects.get()
    page = administrator.post(f"/reading-agreements/{row.public_id}/end/", follow=True)
    assert f"{cast.clinic_b} is not asked any more" in page.content.decode()


def test_who_asked_cannot_accept_for_the_other(administrator: Client, cast: Cast) -> None:
    ask(administrator, cast)
    row = ReadingAgreement.objects.get()
    for act in ("accept", "decline"):
        answer = administrator.post(f"{PAGE}{row.public_id}/{act}/", follow=True)
        assert "Only an administrator of the clinic that is asked answers" in text_of(answer)
    row.refresh_from_db()
    assert row.state == "asked"


def test_a_third_clinic_finds_nothing(
    administrator: Client, cast: Cast, signed_in: Callable[[User], Client]
) -> None:
    ask(administrator, cast)
    third = signed_in(person("administrator@c.example", Clinic.objects.create(name="C"), Role.ADMINISTRATOR))
    assert "Clinic A" not in text_of(third.get(PAGE))
    for act in ("accept", "decline", "end"):
        address = f"{PAGE}{ReadingAgreement.objects.get().public_id}/{act}/"
        assert third.post(address, {"reason": "x"}).status_code == 404


def test_one_whose_last_day_is_past_is_over(administrator: Client, cast: Cast) -> None:
    ask(administrator, cast)
    yesterday = timezone.localdate() - timedelta(days=1)
    ReadingAgreement.objects.update(state="agreed", first_day=yesterday, last_day=yesterday)
    page = text_of(administrator.get(PAGE))
    assert "No clinic reads for Clinic A" in page
    assert "Over Clinic B reads for Clinic A" in page


def test_who_left_the_screen_open_is_asked_before_signing(
    administrator: Client, cast: Cast, settings: SettingsWrapper
) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    answer = administrator.post(f"{PAGE}new/", typed(cast))
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not ReadingAgreement.objects.exists()


def test_the_trail_tells_it_in_words(administrator: Client, other: Client, cast: Cast) -> None:
    ask(administrator, cast)
    for client in (administrator, other):
        trail = text_of(client.get("/admin/accounts/auditevent/"))
        assert "asked that Clinic B reads for Clinic A" in trail


def test_the_names_of_buttons_begin_with_their_visible_words(
    administrator: Client, other: Client, cast: Cast
) -> None:
    ask(administrator, cast)
    other.post(f"/reading-agreements/{ReadingAgreement.objects.get().public_id}/accept/")
    page = other.get("/reading-agreements/").content.decode()
    names = re.findall(r'aria-label="([^"]*)">([^<]+)</button>', page)
    assert names
    for name, words in names:
        assert name.startswith(words.strip())

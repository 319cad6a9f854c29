"""A token may have a last day: told when it is made, before it comes, and to the computer that is refused."""

from datetime import timedelta
from typing import Any

from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, AuditEvent
from diagnosis import access, tasks
from tests.conftest import Cast

LIST = reverse("token_list")


def expiring(cast: Cast, days: float) -> tuple[ApiToken, str]:
    ends = timezone.now() + timedelta(days=days)
    return tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator, expires_at=ends)


def test_a_year_unless_something_else_is_chosen(administrator: Client, cast: Cast) -> None:
    for sent, days in (({}, 365), ({"days": "30"}, 30), ({"days": "1095"}, 1095)):
        administrator.post(LIST, {"name": "X-ray room", "scopes": "send", **sent})
        made = ApiToken.objects.latest("created_at")
        assert made.expires_at is not None
        assert abs(made.expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=5)
    administrator.post(LIST, {"name": "for good", "scopes": "send", "days": "0"})
    assert ApiToken.objects.latest("created_at").expires_at is None
    assert (
        "Select a valid choice"
        in administrator.post(LIST, {"name": "x", "scopes": "send", "days": "-5"}).content.decode()
    )


def test_it_opens_until_its_last_day_and_nothing_after_it(cast: Cast) -> None:
    token, plain = expiring(cast, days=1)
    assert tokens.find(plain) == token
    assert access.clinic_of(token) == cast.clinic_a
    token.expires_at = timezone.now()
    token.save()
    assert tokens.find(plain) is None
    assert access.clinic_of(token) is None


def test_the_computer_that_still_sends_is_told_why_and_that_is_on_record_once(
    client: Client, cast: Cast
) -> None:
    token, plain = expiring(cast, days=-3)
    for _ in range(3):
        answer = client.post(reverse("api_study_list"), headers={"Authorization": f"Token {plain}"})
        assert answer.status_code == 401
        assert f"expired on {token.expires_at:%Y-%m-%d}" in answer.json()["detail"]
    (event,) = AuditEvent.objects.filter(action="token.refused")
    assert (event.subject, event.clinic_id) == (f"token:{token.public_id}", cast.clinic_a.pk)


def test_an_unknown_key_learns_nothing_more_than_that(client: Client, cast: Cast) -> None:
    answer = client.post(reverse("api_study_list"), headers={"Authorization": "Token carina_nothing"})
    assert "This token is unknown." in answer.json()["detail"]
    assert not AuditEvent.objects.filter(action="token.refused").exists()


def test_the_clinic_is_warned_once_while_there_is_time(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    early, soon = expiring(cast, days=15)[0], expiring(cast, days=13)[0]
    for _ in range(2):
        for token in (early, soon):
            token.last_used_at = None
            with django_capture_on_commit_callbacks(execute=True):
                tokens.touch(token)
    (warning,) = mail.outbox
    assert warning.to == [cast.administrator.email]
    assert f"expires on {soon.expires_at:%-d %b %Y}" in warning.body


def test_so_it_is_of_a_token_that_nobody_uses(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    expiring(cast, days=15)
    expiring(cast, days=-1)
    revoked = expiring(cast, days=3)[0]
    tokens.revoke(token=revoked, by=cast.administrator)
    soon = expiring(cast, days=13)[0]
    mail.outbox.clear()
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            tasks.tidy()
    (warning,) = mail.outbox
    assert warning.to == [cast.administrator.email]
    assert f"expires on {soon.expires_at:%-d %b %Y}" in warning.body


def test_the_page_says_when_each_one_ends(administrator: Client, cast: Cast) -> None:
    for days in (-1, 3, 300):
        expiring(cast, days)
    tokens.create(clinic=cast.clinic_a, name="for good", by=cast.administrator)
    page = administrator.get(LIST).content.decode()
    for words in ("Expired ", "make the next one", "when revoked"):
        assert page.count(words) == 1

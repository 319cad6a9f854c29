"""A token says what it lets its holder do, and hands over to its next key without a gap."""

import importlib
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, AuditEvent, Scope
from tests.conftest import Cast

LIST = reverse("token_list")


def test_what_was_ticked_is_what_it_may_do(administrator: Client) -> None:
    administrator.post(LIST, {"name": "archive", "scopes": ["manage", "read"]})
    token = ApiToken.objects.get()
    assert token.allowed == [Scope.READ, Scope.MANAGE]
    assert AuditEvent.objects.get(action="token.created").facts["scopes"] == "read manage"
    assert 'title="Correct studies and patients">manage' in administrator.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("scopes", "words"),
    [([], "at least one"), (["manage"], "read them first"), (["everything"], "Select a valid choice")],
)
def test_one_that_makes_no_sense_is_not_made(administrator: Client, scopes: list[str], words: str) -> None:
    page = administrator.post(LIST, {"name": "archive", "scopes": scopes}).content.decode()
    assert words in page
    assert not ApiToken.objects.exists()


def test_tokens_from_before_do_what_they_could() -> None:
    migration = importlib.import_module("accounts.migrations.0013_token_scopes").Migration
    (added,) = migration.operations
    assert added.field.default == "send read"


def test_the_old_key_works_until_the_stated_time_and_then_the_new_one_alone(
    administrator: Client, cast: Cast
) -> None:
    ends = timezone.now() + timedelta(days=365)
    old, old_key = tokens.create(
        clinic=cast.clinic_a, name="Ward", by=cast.administrator, expires_at=ends, scopes=[Scope.READ]
    )
    page = administrator.post(reverse("token_rotate", args=[old.public_id]), {"overlap": "24"})
    assert "no-store" in page.headers["Cache-Control"]
    new = ApiToken.objects.get(name="Ward", replaced_by=None)
    old.refresh_from_db()
    assert (new.scopes, old.replaced_by) == ("read", new)
    assert new.prefix in page.content.decode()
    assert new.expires_at is not None
    assert abs(new.expires_at - ends) < timedelta(minutes=1), "as long as the old one was made for"
    assert old.expires_at is not None
    assert abs(old.expires_at - timezone.now() - timedelta(days=1)) < timedelta(minutes=1)
    assert tokens.find(old_key) == old
    ApiToken.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert tokens.find(old_key) is None
    event = AuditEvent.objects.get(action="token.replaced")
    assert (event.actor, event.facts["by"]) == (cast.administrator.email, new.prefix)


def test_an_overlap_never_outlasts_the_old_keys_own_last_day(cast: Cast) -> None:
    ends = timezone.now() + timedelta(hours=2)
    old, _ = tokens.create(clinic=cast.clinic_a, name="Ward", by=cast.administrator, expires_at=ends)
    tokens.rotate(token=old, by=cast.administrator, overlap=timedelta(days=7))
    old.refresh_from_db()
    assert old.expires_at == ends


def test_a_key_has_one_next_key(administrator: Client, cast: Cast) -> None:
    old, _ = tokens.create(clinic=cast.clinic_a, name="Ward", by=cast.administrator)
    next_key = reverse("token_rotate", args=[old.public_id])
    for _ in range(2):
        answer = administrator.post(next_key, {"overlap": "1"}, follow=True)
    assert "has its next key already" in answer.content.decode()
    assert ApiToken.objects.count() == 2
    tokens.revoke(token=old, by=cast.administrator)
    assert "The next key was not made" in administrator.post(next_key, {"overlap": "9"}).content.decode()


def test_outsiders_rotate_nothing(cast: Cast) -> None:
    token, key = tokens.create(clinic=cast.clinic_a, name="Ward", by=cast.administrator)
    for by in (cast.doctor, cast.other_administrator, cast.operator):
        with pytest.raises(PermissionDenied):
            tokens.rotate(token=token, by=by, overlap=timedelta(days=1))
    assert tokens.find(key) is not None


def test_the_record_vouches_for_scopes_and_the_last_day(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    def told() -> list[str]:
        with pytest.raises(CommandError):  # the cast was made past the portal
            call_command("verify_audit_trail")
        return [line for line in capsys.readouterr().err.splitlines() if "token " in line]

    token, _ = tokens.create(clinic=cast.clinic_a, name="Ward", by=cast.administrator, scopes=[Scope.SEND])
    tokens.rotate(token=token, by=cast.administrator, overlap=timedelta(days=1))
    assert told() == []
    ApiToken.objects.filter(pk=token.pk).update(scopes="send read manage")
    (line,) = told()
    assert "its scopes is not what event" in line

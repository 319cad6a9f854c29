"""The clinic's keys for its computers: shown once, kept as a hash, used and revoked."""

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import approval, audit, people, tokens
from accounts.models import ApiToken, AuditEvent, Role, User
from tests.conftest import Cast, person

LIST = reverse("token_list")


@pytest.fixture
def administrator(client: Client, cast: Cast) -> Client:
    client.force_login(cast.administrator)
    return client


def test_a_new_token_is_shown_once_and_only_its_hash_is_kept(administrator: Client, cast: Cast) -> None:
    answer = administrator.post(LIST, {"name": "X-ray room 2"})
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(r"carina_[A-Za-z0-9]{40}", answer.content.decode())
    assert found is not None
    plain = found[0]
    token = ApiToken.objects.get()
    assert (token.clinic, token.created_by, token.prefix) == (cast.clinic_a, cast.administrator, plain[:12])
    assert token.token_hash == hashlib.sha256(plain.encode()).hexdigest()
    assert tokens.find(plain) == token
    later = administrator.get(LIST).content.decode()
    assert plain not in later
    assert token.prefix in later
    event = AuditEvent.objects.get(action="token.created")
    assert (event.actor, event.subject) == (cast.administrator.email, f"token:{token.public_id}")
    assert plain not in str(event.facts)


def test_a_revoked_token_opens_nothing_and_stays_in_the_list(administrator: Client, cast: Cast) -> None:
    token, plain = tokens.create(clinic=cast.clinic_a, name="sold", by=cast.administrator)
    administrator.post(reverse("token_revoke", args=[token.public_id]))
    assert tokens.find(plain) is None
    assert "Revoked" in administrator.get(LIST).content.decode()
    administrator.post(reverse("token_revoke", args=[token.public_id]))
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


class TestEndsWithItsMaker:
    """Whoever made a key may have kept a copy: it ends with their access, and the clinic is told."""

    def colleague(self, cast: Cast) -> User:
        return person("second@a.example", cast.clinic_a, Role.ADMINISTRATOR)

    def recorded(self, reason: str) -> None:
        events = AuditEvent.objects.filter(action="token.revoked").order_by("sequence")
        assert [event.facts["name"] for event in events] == ["machine", "other machine"]
        for event in events:
            assert event.actor == "operator@carina.example"
            assert reason in event.facts["reason"]

    def test_when_the_maker_is_refused(self, cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
        colleague = self.colleague(cast)
        keys = [
            tokens.create(clinic=cast.clinic_a, name=name, by=cast.administrator)[1]
            for name in ("machine", "other machine")
        ]
        _, kept = tokens.create(clinic=cast.clinic_a, name="kept", by=colleague)
        with django_capture_on_commit_callbacks(execute=True):
            approval.refuse(user=cast.administrator, by=cast.operator, reason="left")
        assert [tokens.find(key) for key in keys] == [None, None]
        assert tokens.find(kept) is not None
        self.recorded("was refused")
        told = next(message for message in mail.outbox if message.to == [colleague.email])
        assert "other machine (carina_" in told.body
        assert cast.administrator.email in told.body
        assert list(audit.verify()) == []

    def test_when_the_maker_is_deactivated(self, cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
        colleague = self.colleague(cast)
        for name in ("machine", "other machine"):
            tokens.create(clinic=cast.clinic_a, name=name, by=cast.administrator)
        operator = Client()
        operator.force_login(cast.operator)
        page = reverse("admin:accounts_user_change", args=[cast.administrator.pk])
        assert "other machine" in operator.get(page).content.decode()
        sent = {
            "first_name": "Ada", "last_name": "Test", "role": Role.ADMINISTRATOR, "clinic": cast.clinic_a.pk,
            "licence_number": "", "speciality": "",
        }  # fmt: skip
        with django_capture_on_commit_callbacks(execute=True):
            answer = operator.post(page, sent, follow=True)
        assert "Revoked too: machine" in answer.content.decode()
        self.recorded("was deactivated")
        assert [message.to for message in mail.outbox] == [[colleague.email]]
        # Letting the person in again does not give the keys back.
        operator.post(page, {**sent, "is_active": "on"})
        assert not ApiToken.objects.filter(revoked_at=None).exists()

    def test_when_the_maker_goes_to_another_clinic(self, cast: Cast) -> None:
        _, plain = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
        mover = User.objects.get(pk=cast.administrator.pk)
        mover.clinic = cast.clinic_b
        people.change(user=mover, by=cast.operator, fields=["clinic"])
        assert tokens.find(plain) is None

    def test_but_not_when_a_name_changes(self, cast: Cast) -> None:
        _, plain = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
        cast.administrator.first_name = "Grace"
        assert people.change(user=cast.administrator, by=cast.administrator, fields=["first_name"]) == []
        assert tokens.find(plain) is not None

    def test_the_operator_hears_of_it_where_the_clinic_has_nobody_left(
        self, cast: Cast, django_capture_on_commit_callbacks: Any
    ) -> None:
        tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
        with django_capture_on_commit_callbacks(execute=True):
            approval.refuse(user=cast.administrator, by=cast.operator, reason="left")
        assert [cast.operator.email] in [message.to for message in mail.outbox]

    def test_the_question_why_names_the_machines_that_will_stop(self, cast: Cast) -> None:
        tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
        operator = Client()
        operator.force_login(cast.operator)
        chosen = {"action": "refuse_selected", "_selected_action": [cast.administrator.pk]}
        asked = operator.post(reverse("admin:accounts_user_changelist"), chosen).content.decode()
        assert "machine (carina_" in asked
        assert "revoked" in asked

    def test_whoever_was_just_refused_makes_no_more(self, cast: Cast) -> None:
        stale = User.objects.get(pk=cast.administrator.pk)
        approval.refuse(user=cast.administrator, by=cast.operator, reason="left")
        with pytest.raises(PermissionDenied):
            tokens.create(clinic=cast.clinic_a, name="late", by=stale)


@pytest.mark.parametrize("plain", ["", "carina_", "carina_" + "x" * 40, "x" * 5000, "carina_\ud800", "Ü"])
def test_what_is_no_token_finds_none(cast: Cast, plain: str) -> None:
    assert tokens.find(plain) is None


def test_the_other_clinics_tokens_do_not_exist(administrator: Client, cast: Cast) -> None:
    token, plain = tokens.create(clinic=cast.clinic_b, name="theirs", by=cast.other_administrator)
    assert "theirs" not in administrator.get(LIST).content.decode()
    assert administrator.post(reverse("token_revoke", args=[token.public_id])).status_code == 404
    assert tokens.find(plain) is not None
    with pytest.raises(PermissionDenied):
        tokens.create(clinic=cast.clinic_b, name="mine", by=cast.administrator)
    for by in (cast.administrator, cast.operator, cast.stranger):
        with pytest.raises(PermissionDenied):
            tokens.revoke(token=token, by=by)


def test_only_the_administrator_has_the_page(client: Client, cast: Cast) -> None:
    for user in (cast.doctor, cast.technician, cast.operator):
        client.force_login(user)
        assert client.get(LIST).status_code == 403


def test_a_nameless_token_is_not_made(administrator: Client) -> None:
    assert "required" in administrator.post(LIST, {"name": " "}).content.decode()
    assert not ApiToken.objects.exists()


def test_the_last_use_is_kept_to_the_minute(cast: Cast) -> None:
    token, plain = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
    tokens.touch(token)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    found = tokens.find(plain)
    assert found is not None
    tokens.touch(found)
    assert ApiToken.objects.get().last_used_at == first
    earlier = timezone.now() - timedelta(minutes=2)
    ApiToken.objects.update(last_used_at=earlier)
    found.refresh_from_db()
    tokens.touch(found)
    latest = ApiToken.objects.get().last_used_at
    assert latest is not None
    assert latest > earlier

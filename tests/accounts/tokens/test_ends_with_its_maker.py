"""A token ends with the access of whoever made it."""

from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts import approval, audit, people, tokens
from accounts.models import ApiToken, AuditEvent, Role, User
from tests.conftest import Cast, person


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

    def test_when_the_maker_is_no_longer_an_administrator(self, cast: Cast, client: Client) -> None:
        _, plain = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
        client.force_login(cast.administrator)
        demoted = User.objects.get(pk=cast.administrator.pk)
        demoted.role = Role.TECHNICIAN
        (ended,) = people.change(user=demoted, by=cast.operator, fields=["role"])
        assert tokens.find(plain) is None
        assert "was revoked" in tokens.why_refused(plain)
        event = AuditEvent.objects.get(action="token.revoked", subject=f"token:{ended.public_id}")
        assert "is no longer an administrator" in event.facts["reason"]
        assert "login" in client.get(reverse("token_list")).headers["Location"], "the session ended too"

    def test_however_the_maker_lost_the_right(self, cast: Cast) -> None:
        """A change past the portal's own pages, by a command or in the database, ends the key as well."""
        _, plain = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
        for loss in (
            {"role": Role.DOCTOR}, {"is_active": False}, {"approval": "refused"}, {"clinic": cast.clinic_b},
        ):  # fmt: skip
            before = User.objects.values(*loss).get(pk=cast.administrator.pk)
            User.objects.filter(pk=cast.administrator.pk).update(**loss)
            assert tokens.find(plain) is None, loss
            assert "no longer an administrator" in tokens.why_refused(plain)
            User.objects.filter(pk=cast.administrator.pk).update(**before)
        assert tokens.find(plain) is not None

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

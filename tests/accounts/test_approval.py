"""Approving and refusing in Django admin, and what a withdrawn approval ends."""

from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts import approval
from accounts.approval import NotPossible
from accounts.models import Approval, AuditEvent, Role, User
from tests.conftest import Cast, person

PEOPLE = reverse("admin:accounts_user_changelist")


@pytest.fixture
def administrator(client: Client, cast: Cast) -> Client:
    client.force_login(cast.administrator)
    return client


def page_of(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def as_on_page(user: User, **changes: Any) -> dict[str, Any]:
    """What the change page of a clinic administrator would post."""
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "role": user.role,
        "licence_number": user.licence_number or "A-9",
        "speciality": user.speciality or "Radiology",
        "is_active": "on",
        **changes,
    }


def approval_of(user: User) -> str:
    return User.objects.get(pk=user.pk).approval


def test_whoever_waits_stands_first_in_the_list(administrator: Client, cast: Cast) -> None:
    text = administrator.get(PEOPLE).content.decode()
    order = [
        text.index(f">{user.email}<") for user in (cast.waiting_doctor, cast.doctor, cast.refused_doctor)
    ]
    assert order == sorted(order)


def test_one_is_approved_on_the_page_of_the_person(
    administrator: Client, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    assert 'name="_approve"' in administrator.get(page_of(cast.waiting_doctor)).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        administrator.post(page_of(cast.waiting_doctor), as_on_page(cast.waiting_doctor, _approve="1"))
    user = User.objects.get(pk=cast.waiting_doctor.pk)
    assert (user.approval, user.approval_decided_by) == (Approval.APPROVED, cast.administrator)
    assert [message.to for message in mail.outbox] == [[user.email]]
    assert reverse("account_login") in mail.outbox[0].body
    event = AuditEvent.objects.get(action="user.approved")
    assert (event.actor, event.subject) == (cast.administrator.email, f"user:{user.public_id}")


def test_many_are_approved_at_once_and_nobody_is_told_twice(
    administrator: Client, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    second = person("second@a.example", cast.clinic_a, Role.TECHNICIAN, Approval.WAITING)
    chosen = [cast.waiting_doctor.pk, second.pk, cast.doctor.pk]
    with django_capture_on_commit_callbacks(execute=True):
        administrator.post(PEOPLE, {"action": "approve_selected", "_selected_action": chosen})
    assert {approval_of(cast.waiting_doctor), approval_of(second)} == {Approval.APPROVED}
    assert sorted(message.to[0] for message in mail.outbox) == ["second@a.example", "waiting@a.example"]
    assert AuditEvent.objects.filter(action="user.approved").count() == 2


def test_a_refusal_asks_for_the_reason_and_mails_it(
    administrator: Client, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    chosen = {"action": "refuse_selected", "_selected_action": [cast.waiting_doctor.pk]}
    asked = administrator.post(PEOPLE, chosen).content.decode()
    assert cast.waiting_doctor.email in asked
    assert 'name="reason"' in asked
    assert "required" in administrator.post(PEOPLE, {**chosen, "refuse": "1", "reason": " "}).content.decode()
    assert approval_of(cast.waiting_doctor) == Approval.WAITING

    reason = "The licence is of somebody else <x> & co."
    with django_capture_on_commit_callbacks(execute=True):
        administrator.post(PEOPLE, {**chosen, "refuse": "1", "reason": reason})
    assert approval_of(cast.waiting_doctor) == Approval.REFUSED
    assert mail.outbox[0].to == [cast.waiting_doctor.email]
    assert reason in mail.outbox[0].body
    assert AuditEvent.objects.get(action="user.refused").facts["reason"] == reason

    refused = Client()
    refused.force_login(User.objects.get(pk=cast.waiting_doctor.pk))
    shown = refused.get(reverse("approval_waiting")).content.decode()
    assert "somebody else &lt;x&gt;" in shown


def test_the_button_on_the_page_leads_to_the_question_why(administrator: Client, cast: Cast) -> None:
    answer = administrator.post(page_of(cast.waiting_doctor), as_on_page(cast.waiting_doctor, _refuse="1"))
    assert 'name="reason"' in answer.content.decode()
    assert approval_of(cast.waiting_doctor) == Approval.WAITING


def test_a_mail_server_that_is_down_does_not_undo_an_approval(
    cast: Cast, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with django_capture_on_commit_callbacks(execute=True):
        assert approval.approve(user=cast.waiting_doctor, by=cast.administrator)
    assert approval_of(cast.waiting_doctor) == Approval.APPROVED


def test_only_those_in_charge_decide(cast: Cast) -> None:
    for by in (cast.doctor, cast.other_administrator, cast.waiting_doctor, cast.stranger):
        with pytest.raises(PermissionDenied):
            approval.approve(user=cast.waiting_doctor, by=by)
        with pytest.raises(PermissionDenied):
            approval.refuse(user=cast.waiting_doctor, by=by, reason="no")
    for user in (cast.administrator, cast.operator):  # oneself, and who stands above
        with pytest.raises(PermissionDenied):
            approval.refuse(user=user, by=cast.administrator, reason="no")
    assert approval.refuse(user=cast.administrator, by=cast.operator, reason="left the clinic")


def test_nobody_is_approved_into_no_clinic(cast: Cast) -> None:
    nowhere = person("nowhere@example.org", None, Role.DOCTOR, Approval.WAITING)
    with pytest.raises(NotPossible, match="clinic"):
        approval.approve(user=nowhere, by=cast.operator)
    with pytest.raises(NotPossible, match="reason"):
        approval.refuse(user=nowhere, by=cast.operator, reason="  ")


class TestWithdrawn:
    """Whoever loses the approval is out with the next request, wherever they were signed in."""

    @pytest.fixture
    def doctor(self, cast: Cast) -> Client:
        client = Client()
        client.force_login(cast.doctor)
        assert client.get(reverse("worklist")).status_code == 200
        return client

    def test_by_refusal(self, cast: Cast, doctor: Client) -> None:
        approval.refuse(user=cast.doctor, by=cast.administrator, reason="left")
        assert reverse("account_login") in doctor.get(reverse("worklist")).headers["Location"]
        approval.approve(user=cast.doctor, by=cast.administrator)
        assert reverse("account_login") in doctor.get(reverse("worklist")).headers["Location"]

    def test_by_deactivation(self, cast: Cast, doctor: Client, administrator: Client, password: str) -> None:
        administrator.post(page_of(cast.doctor), as_on_page(cast.doctor, is_active=""))
        assert reverse("account_login") in doctor.get(reverse("worklist")).headers["Location"]
        assert AuditEvent.objects.filter(action="user.deactivated").count() == 1
        login = {"login": cast.doctor.email, "password": password}
        assert Client().post(reverse("account_login"), login).headers["Location"] == reverse(
            "account_inactive"
        )
        administrator.post(page_of(cast.doctor), as_on_page(cast.doctor))
        assert User.objects.get(pk=cast.doctor.pk).is_approved
        assert reverse("account_login") in doctor.get(reverse("worklist")).headers["Location"], "old session"

    def test_an_administrator_who_is_refused_leaves_admin_at_once(self, cast: Cast) -> None:
        client = Client()
        client.force_login(cast.administrator)
        assert client.get(PEOPLE).status_code == 200
        approval.refuse(user=cast.administrator, by=cast.operator, reason="left")
        assert reverse("account_login") in client.get(PEOPLE).headers["Location"]

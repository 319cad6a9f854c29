"""Approving and refusing on the pages of Django admin."""

from typing import Any

from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import Approval, AuditEvent, Role, User
from tests.accounts.person_page import PEOPLE, approval_of, as_on_page, page_of
from tests.conftest import Cast, person


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

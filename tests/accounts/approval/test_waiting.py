"""Whoever can approve people sees that somebody waits, and is one click away from deciding."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import notices
from accounts.approval import approve, waiting_for
from accounts.models import Approval, Role, User
from tests.accounts.person_page import page_of
from tests.conftest import Cast, person

LIST = reverse("approval_list")


def test_each_sees_those_about_whom_they_decide(cast: Cast) -> None:
    theirs = person("waits@b.example", cast.clinic_b, Role.TECHNICIAN, Approval.WAITING)
    head = person("head@a.example", cast.clinic_a, Role.ADMINISTRATOR, Approval.WAITING)
    person("gone@a.example", cast.clinic_a, Role.DOCTOR, Approval.WAITING, is_active=False)
    assert list(waiting_for(cast.administrator)) == [cast.waiting_doctor]
    assert list(waiting_for(cast.operator)) == [cast.waiting_doctor, theirs, head]
    for nobody in (cast.doctor, cast.waiting_doctor, None):
        assert not waiting_for(nobody).exists()


def test_every_page_of_the_portal_tells_and_leads_to_the_list(administrator: Client, cast: Cast) -> None:
    page = administrator.get(reverse("worklist")).content.decode()
    assert f'href="{LIST}"' in page
    listed = administrator.get(LIST).content.decode()
    assert cast.waiting_doctor.email in listed
    assert cast.doctor.email not in listed
    approve(user=cast.waiting_doctor, by=cast.administrator)
    assert "to approve" not in administrator.get(reverse("worklist")).content.decode()


def test_nobody_else_is_told(client: Client, cast: Cast) -> None:
    client.force_login(cast.doctor)
    assert LIST not in client.get(reverse("worklist")).content.decode()


def test_the_decision_stands_on_top_of_the_persons_page_and_enter_saves(
    administrator: Client, cast: Cast
) -> None:
    page = administrator.get(page_of(cast.waiting_doctor)).content.decode()
    form = page[page.index('id="user_form"') :]
    first = form.index('type="submit"')
    assert 'name="_save"' in form[first : first + 60], "the first button is what the Enter key presses"
    assert form.index('name="_approve"') < form.index('name="first_name"')


@pytest.mark.parametrize("administrators", [True, False])
def test_the_mail_names_the_person_and_leads_to_the_list(
    cast: Cast, administrators: bool, rf: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from allauth.core import context

    if not administrators:
        User.objects.filter(pk=cast.administrator.pk).update(is_active=False)
    with context.request_context(rf.get("/")), django_capture_on_commit_callbacks(execute=True):
        notices.tell_administrators(cast.waiting_doctor)
    (message,) = mail.outbox
    assert message.to == [cast.administrator.email if administrators else cast.operator.email]
    assert cast.waiting_doctor.get_full_name() in message.subject
    assert cast.waiting_doctor.email in message.body
    assert f"http://testserver{LIST}" in message.body

"""In the portal an administrator approves with one press, and refuses with a reason."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import approval
from accounts.models import Approval, AuditEvent, Role, User
from tests.conftest import Cast, person

PAGE = reverse("approval_list")


def of(route: str, user: User) -> str:
    return reverse(route, args=[user.public_id])


def approval_of(user: User) -> str:
    return User.objects.get(pk=user.pk).approval


def test_the_badge_leads_to_a_page_on_which_one_press_approves(administrator: Client, cast: Cast) -> None:
    start = administrator.get(reverse("worklist")).content.decode()
    [link] = re.findall(r'<a class="top-link to-approve" href="([^"]*)"[^>]*wait for your approval"', start)
    page = administrator.get(link).content.decode()
    for shown in (cast.waiting_doctor.email, "Doctor", "Clinic A", str(cast.waiting_doctor)):
        assert shown in page
    assert cast.doctor.email not in page
    [action] = re.findall(r'<form method="post" action="([^"]*/approve/)"', page)
    done = administrator.post(action, follow=True).content.decode()
    assert "is approved and told by e-mail" in done
    assert "Nobody waits" in done
    assert approval_of(cast.waiting_doctor) == Approval.APPROVED
    assert AuditEvent.objects.get(action="user.approved").actor == cast.administrator.email


def test_a_refusal_needs_a_reason_and_is_mailed_with_it(
    administrator: Client, cast: Cast, django_capture_on_commit_callbacks: object
) -> None:
    address = of("person_refuse", cast.waiting_doctor)
    asked = administrator.post(address, {"reason": " "})
    assert asked.status_code == 422
    assert 'class="waits-refuse" open' in asked.content.decode()
    assert approval_of(cast.waiting_doctor) == Approval.WAITING
    long = "x" * 1001
    assert long in administrator.post(address, {"reason": long}).content.decode(), "what was typed is kept"
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        done = administrator.post(address, {"reason": "Not of this clinic."}, follow=True)
    assert "is refused and told by e-mail" in done.content.decode()
    assert approval_of(cast.waiting_doctor) == Approval.REFUSED
    assert "Not of this clinic." in mail.outbox[-1].body


@pytest.mark.parametrize("route", ["person_approve", "person_refuse"])
def test_whoever_is_not_theirs_to_decide_is_not_found(administrator: Client, cast: Cast, route: str) -> None:
    theirs = person("waits@b.example", cast.clinic_b, Role.TECHNICIAN, Approval.WAITING)
    head = person("head@a.example", cast.clinic_a, Role.ADMINISTRATOR, Approval.WAITING)
    for somebody in (theirs, head, cast.administrator, cast.operator):
        assert administrator.post(of(route, somebody), {"reason": "No."}).status_code == 404
        assert administrator.get(of(route, somebody)).status_code == 404
    assert approval_of(theirs) == approval_of(head) == Approval.WAITING


def test_an_operator_decides_about_everybody_but_needs_their_clinic(operator: Client, cast: Cast) -> None:
    theirs = person("waits@b.example", cast.clinic_b, Role.TECHNICIAN, Approval.WAITING)
    nowhere = person("nowhere@x.example", None, Role.DOCTOR, Approval.WAITING)
    page = operator.get(PAGE).content.decode()
    assert theirs.email in page
    assert "No clinic yet" in page
    operator.post(of("person_approve", theirs))
    assert approval_of(theirs) == Approval.APPROVED
    told = operator.post(of("person_approve", nowhere), follow=True).content.decode()
    assert "has no clinic yet: choose one first" in told
    assert approval_of(nowhere) == Approval.WAITING


def test_a_page_left_open_does_not_undo_what_somebody_decided_meanwhile(
    administrator: Client, cast: Cast
) -> None:
    approval.refuse(user=cast.waiting_doctor, by=cast.operator, reason="Not a doctor.")
    told = administrator.post(of("person_approve", cast.waiting_doctor), follow=True).content.decode()
    assert "is refused already: somebody decided before you" in told
    assert approval_of(cast.waiting_doctor) == Approval.REFUSED
    approval.approve(user=cast.waiting_doctor, by=cast.operator)
    administrator.post(of("person_refuse", cast.waiting_doctor), {"reason": "No."})
    assert approval_of(cast.waiting_doctor) == Approval.APPROVED


def test_an_address_that_nobody_confirmed_is_marked(administrator: Client, cast: Cast) -> None:
    assert "Address not confirmed" not in administrator.get(PAGE).content.decode()
    cast.waiting_doctor.emailaddress_set.update(verified=False)
    assert "Address not confirmed" in administrator.get(PAGE).content.decode()

"""Who may decide about whom: a row for each of the two, and what a decision leaves behind."""

from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied

from accounts import approval
from accounts.models import Approval, AuditEvent, Role, User
from tests.conftest import Cast, person


def test_a_clinics_administrator_decides_about_no_operator_of_the_clinic(cast: Cast) -> None:
    for role in Role:
        above = person(f"above-{role}@a.example", cast.clinic_a, role, is_superuser=True)
        assert not approval.may_decide(cast.administrator, above)
        with pytest.raises(PermissionDenied):
            approval.refuse(user=above, by=cast.administrator, reason="no")
        assert User.objects.get(pk=above.pk).is_approved


def test_a_table_of_deciders(cast: Cast) -> None:
    equal = person("second@a.example", cast.clinic_a, Role.ADMINISTRATOR, Approval.WAITING)
    nowhere = person("nowhere@a.example", None, Role.DOCTOR, Approval.WAITING)
    operator_too = person("operator@a.example", cast.clinic_a, Role.DOCTOR, is_superuser=True)
    refused = person("gone@a.example", cast.clinic_a, Role.ADMINISTRATOR, Approval.REFUSED)
    gone = person("gone@carina.example", None, Role.ADMINISTRATOR, Approval.REFUSED, is_superuser=True)
    ours, theirs = [cast.doctor, cast.technician, cast.waiting_doctor, cast.refused_doctor], [cast.stranger]
    above = [equal, nowhere, operator_too, cast.other_administrator]
    for by, about in (
        (cast.administrator, ours),
        (cast.operator, [*ours, *theirs, *above, cast.administrator]),
        (operator_too, [*ours, *theirs, equal, nowhere, cast.operator]),
        (cast.doctor, []), (cast.technician, []), (cast.waiting_doctor, []), (refused, []), (gone, []),
        (None, []), ("operator@carina.example", []),
    ):  # fmt: skip
        everybody = {*ours, *theirs, *above, cast.administrator, cast.operator, refused, gone}
        allowed = {user.email for user in everybody if approval.may_decide(by, user)}
        wanted = {user.email for user in about}
        if about:
            assert wanted <= allowed, by
            if by == cast.administrator:
                assert allowed == wanted
        else:
            assert not allowed, by
    for by in (cast.operator, cast.administrator):
        assert not approval.may_decide(by, by), "nobody decides about themselves"


def test_an_approval_clears_the_reason_and_says_who_and_when(cast: Cast) -> None:
    assert approval.refuse(user=cast.doctor, by=cast.administrator, reason=" left ")
    refused = User.objects.get(pk=cast.doctor.pk)
    assert (refused.approval, refused.approval_reason) == (Approval.REFUSED, "left")
    assert refused.session_epoch == 1
    assert approval.approve(user=cast.doctor, by=cast.operator)
    user = User.objects.get(pk=cast.doctor.pk)
    assert (user.approval_reason, user.approval_decided_by) == ("", cast.operator)
    assert user.approval_decided_at is not None
    assert refused.approval_decided_at is not None
    assert user.approval_decided_at > refused.approval_decided_at
    event = AuditEvent.objects.get(action="user.refused")
    assert (event.facts, event.clinic_id) == (
        {"person": cast.doctor.email, "reason": "left"}, cast.clinic_a.pk,
    )  # fmt: skip


def test_the_same_refusal_twice_is_one_another_reason_is_a_second(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert approval.refuse(user=cast.doctor, by=cast.administrator, reason="left")
        assert not approval.refuse(user=cast.doctor, by=cast.administrator, reason="left ")
        assert approval.refuse(user=cast.doctor, by=cast.administrator, reason="left for good")
    assert len(mail.outbox) == 2
    assert AuditEvent.objects.filter(action="user.refused").count() == 2


def test_an_operator_needs_no_clinic_to_be_approved(cast: Cast) -> None:
    new = person("new@carina.example", None, Role.ADMINISTRATOR, Approval.WAITING, is_superuser=True)
    assert approval.approve(user=new, by=cast.operator)

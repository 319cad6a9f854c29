"""Who decides about whom, whatever the mail server does."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts import approval
from accounts.approval import NotPossible
from accounts.models import Approval, Role
from tests.accounts.person_page import approval_of
from tests.conftest import Cast, person


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

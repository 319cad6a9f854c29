"""Two decisions about one person at the same time: the second sees the first one's."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts import approval, people
from accounts.models import Approval, AuditEvent, Role, User
from tests.accounts.race import meets, needs_row_locks
from tests.conftest import Cast

pytestmark = [needs_row_locks, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def changed(cast: Cast, transactional_db: None) -> Any:
    def _changed(user: User, **facts: Any) -> Any:
        return lambda: User.objects.filter(pk=user.pk).update(**facts)

    return _changed


def test_approved_by_two_administrators_once(cast: Cast, changed: Any) -> None:
    user = cast.waiting_doctor
    found = meets(
        changed(user, approval=Approval.APPROVED),
        lambda: approval.approve(user=user, by=cast.administrator),
    )
    assert found == [False]
    assert not AuditEvent.objects.filter(action="user.approved").exists()


def test_refused_while_somebody_made_them_an_operator(cast: Cast, changed: Any) -> None:
    found = meets(
        changed(cast.doctor, is_superuser=True),
        lambda: approval.refuse(user=cast.doctor, by=cast.administrator, reason="no"),
    )
    assert [type(error) for error in found] == [PermissionDenied]
    assert User.objects.get(pk=cast.doctor.pk).is_approved


def test_a_changed_role_is_recorded_with_the_value_that_it_replaced(cast: Cast, changed: Any) -> None:
    user = User.objects.get(pk=cast.doctor.pk)
    user.role = Role.ADMINISTRATOR
    found = meets(
        changed(user, role=Role.TECHNICIAN),
        lambda: people.change(user=user, by=cast.operator, fields=["role"]),
    )
    assert found == [[]]
    facts = AuditEvent.objects.get(action="user.changed").facts
    assert facts["role"] == [Role.TECHNICIAN, Role.ADMINISTRATOR]

"""A token made or revoked at the very moment in which its maker is refused, or somebody else revokes it."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, Approval, AuditEvent, User
from tests.accounts.race import meets, needs_row_locks
from tests.conftest import Cast

pytestmark = [needs_row_locks, pytest.mark.django_db(transaction=True)]


def test_whoever_is_being_refused_makes_no_key(transactional_db: None, cast: Cast) -> None:
    maker = cast.administrator
    found = meets(
        lambda: User.objects.filter(pk=maker.pk).update(approval=Approval.REFUSED),
        lambda: tokens.create(clinic=cast.clinic_a, name="late", by=maker),
    )
    assert [type(error) for error in found] == [PermissionDenied]
    assert not ApiToken.objects.exists()


def test_revoked_by_two_at_once_it_is_revoked_once(transactional_db: None, cast: Cast) -> None:
    token, _ = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
    first = timezone.now()
    found = meets(
        lambda: ApiToken.objects.filter(pk=token.pk).update(revoked_at=first, revoked_by=cast.operator),
        lambda: tokens.revoke(token=token, by=cast.administrator),
    )
    assert found == [False]
    assert ApiToken.objects.get().revoked_by == cast.operator
    assert not AuditEvent.objects.filter(action="token.revoked").exists()


def test_a_token_being_revoked_does_not_end_again_with_its_maker(transactional_db: None, cast: Cast) -> None:
    token, _ = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)

    def end() -> list[ApiToken]:
        with transaction.atomic():
            return tokens.end_with(maker=cast.administrator, by=cast.operator)

    found = meets(
        lambda: ApiToken.objects.filter(pk=token.pk).update(
            revoked_at=timezone.now(), revoked_by=cast.administrator
        ),
        end,
    )
    assert found == [[]]
    assert ApiToken.objects.get().revoked_by == cast.administrator

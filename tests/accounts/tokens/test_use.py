"""A token is found by its hash, and its last use is kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken
from tests.conftest import Cast


@pytest.mark.parametrize("plain", ["", "carina_", "carina_" + "x" * 40, "x" * 5000, "carina_\ud800", "Ü"])
def test_what_is_no_token_finds_none(cast: Cast, plain: str) -> None:
    assert tokens.find(plain) is None


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

"""The operator reads on the audit trail's page that its head is not safe outside the database."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.audit import anchors

ADDRESS = "/admin/accounts/auditevent/"


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "told"), [("operator", True), ("administrator", False)])
def test_the_operator_is_told_of_an_overdue_anchor(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, who: str, told: bool
) -> None:
    client: Client = request.getfixturevalue(who)
    warning = "has not been anchored outside the database since"
    assert warning not in client.get(ADDRESS).content.decode()
    monkeypatch.setattr(anchors, "OVERDUE", timedelta(0))
    assert (warning in client.get(ADDRESS).content.decode()) is told

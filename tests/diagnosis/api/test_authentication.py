"""Only a clinic's computer with a good token is let in."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.problems import MISSING, assert_problem


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Token",
        "Token carina_wrong",
        "Bearer carina_wrong",
        "Token a b",
        "Token " + "x" * 5000,
        "Token ä",
    ],
)
def test_without_a_good_token_the_answer_is_401_and_says_what_is_wanted(
    db: None, client: Client, header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}
    for response in (
        client.post(STUDIES, headers=headers),
        client.get(f"{STUDIES}{MISSING}/", headers=headers),
    ):
        assert_problem(response, 401)
        assert response.headers["WWW-Authenticate"].startswith("Token ")


def test_a_signed_in_doctor_is_nobody_here(cast: Cast, client: Client) -> None:
    client.force_login(cast.doctor)
    assert_problem(client.get(f"{STUDIES}{MISSING}/"), 401)


def test_a_program_goes_over_to_its_next_key_without_a_gap(cast: Cast, film: Any) -> None:
    made = tokens.create(clinic=cast.clinic_a, name="Ward", by=cast.administrator)
    old = Computer(*made)
    first = old.submit(film(1), key="once")
    new = Computer(*tokens.rotate(token=old.token, by=cast.administrator, overlap=timedelta(hours=1)))
    old.token.refresh_from_db()
    while_both_open = old.read(STUDIES)
    assert (while_both_open.status_code, new.read(STUDIES).status_code) == (200, 200)
    assert old.token.expires_at is not None
    assert while_both_open.headers["X-Token-Expires"] == old.token.expires_at.isoformat(timespec="seconds")
    again = new.submit(film(1), key="once")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (first.status_code, "true")
    ApiToken.objects.filter(pk=old.token.pk).update(expires_at=timezone.now())
    assert "expired" in assert_problem(old.read(STUDIES), 401)["detail"]
    assert new.read(STUDIES).status_code == 200

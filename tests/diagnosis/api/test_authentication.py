"""Only a clinic's computer with a good token is let in."""

import pytest
from django.test import Client

from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES
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

"""Every error of the API is a problem in words that a program understands."""

import pytest
from django.test import Client

from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.problems import MISSING, assert_problem


def test_addresses_that_do_not_exist(computer: Computer, client: Client) -> None:
    assert_problem(computer.read(f"{STUDIES}{MISSING}/"), 404)
    for path in ("/api/", "/api/v1/", "/api/v1/studies", "/api/v1/studies/7/", "/api/v2/x/"):
        assert_problem(client.get(path), 404)
        assert_problem(client.post(path), 404)


def test_methods_that_are_not_for_this_address(computer: Computer) -> None:
    response = computer.client.put(STUDIES, headers={"Authorization": f"Token {computer.plain}"})
    assert_problem(response, 405)
    assert "POST" in response.headers["Allow"]
    headers = {"Authorization": f"Token {computer.plain}"}
    assert_problem(computer.client.delete(f"{STUDIES}{MISSING}/", headers=headers), 405)


def test_what_nobody_foresaw_is_a_problem_too(
    computer: Computer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("diagnosis.access.study_or_404", broken)
    computer.client.raise_request_exception = False
    response = computer.read(f"{STUDIES}{MISSING}/")
    assert_problem(response, 500)
    assert "secret" not in response.content.decode()
    assert "a secret detail" in caplog.text


@pytest.mark.parametrize("method", ["SETTINGS", "REQUEST", "FINALIZE_RESPONSE", "BREW"])
def test_no_method_is_strange_enough_to_break_an_address_where_nothing_is(
    method: str, client: Client
) -> None:
    response = client.generic(method, "/api/nothing")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"

"""A busy token and a guessed one are slowed down; without a cache films still come in."""

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.settings import api_settings

from accounts import tokens
from diagnosis.api import throttling
from portal.cache import ForgivingRedisCache
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.problems import MISSING, assert_problem


def test_a_busy_token_is_told_when_to_come_back(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling.TokenThrottle, "rate", "2/min", raising=False)
    for _ in range(2):
        assert_problem(computer.read(f"{STUDIES}{MISSING}/"), 404)
    response = computer.read(f"{STUDIES}{MISSING}/")
    assert_problem(response, 429)
    assert 0 < int(response.headers["Retry-After"]) <= 60


def test_guessing_tokens_is_slowed_down_and_stops_no_good_token(
    computer: Computer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling.BadTokenThrottle, "rate", "3/min", raising=False)
    bad = {"Authorization": "Token carina_guess"}
    statuses = [client.get(f"{STUDIES}{MISSING}/", headers=bad).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert computer.read(f"{STUDIES}{MISSING}/").status_code == 404


def test_a_busy_token_leaves_the_clinics_other_tokens_their_own_allowance(
    computer: Computer, client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling.TokenThrottle, "rate", "2/min", raising=False)
    statuses = [computer.read(f"{STUDIES}{MISSING}/").status_code for _ in range(3)]
    assert statuses == [404, 404, 429]
    _, other = tokens.create(clinic=cast.clinic_a, name="another room", by=cast.administrator)
    answer = client.get(f"{STUDIES}{MISSING}/", headers={"Authorization": f"Token {other}"})
    assert answer.status_code == 404


@pytest.mark.parametrize("behind_proxy", [False, True])
def test_an_address_that_the_guesser_makes_up_changes_nothing(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, behind_proxy: bool
) -> None:
    """Alone, the header is never looked at; behind a proxy, only what the proxy itself appended."""
    assert api_settings.NUM_PROXIES == 0, "as the environment of the tests has it: no proxy"
    if behind_proxy:
        monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    monkeypatch.setattr(throttling.BadTokenThrottle, "rate", "3/min", raising=False)
    ending = ", 198.51.100.7" if behind_proxy else ""
    statuses = [
        client.get(
            f"{STUDIES}{MISSING}/",
            headers={"Authorization": "Token carina_guess", "X-Forwarded-For": f"203.0.113.{number}{ending}"},
        ).status_code
        for number in range(5)
    ]
    assert statuses == [401, 401, 401, 429, 429]


def test_without_a_cache_films_still_come_in(
    computer: Computer, film, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling.TokenThrottle, "cache", ForgivingRedisCache("redis://127.0.0.1:1/0", {}))
    assert computer.submit(film()).status_code == 201


def test_throttles_use_the_cache_of_the_portal() -> None:
    assert throttling.TokenThrottle.cache is cache
    assert set(api_settings.DEFAULT_THROTTLE_RATES) == {"token", "bad_token"}

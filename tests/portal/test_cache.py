"""What somebody else writes into Redis runs nothing, breaks nothing and is not believed."""

import pickle
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from portal.cache import ForgivingRedisCache
from portal.celery import WORKER_SEEN_KEY, app, note_worker_alive
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.conftest import computer as computer
from tests.films import analysed_scan


@pytest.fixture
def link(
    settings: SettingsWrapper, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[redis.Redis]:
    """Redis behind the portal's cache, as somebody sees it who can write there."""
    monkeypatch.setattr(ForgivingRedisCache, "_down_until", 0.0)  # another test may have met a dead one
    settings.CACHES = {"default": {"BACKEND": "portal.cache.ForgivingRedisCache", "LOCATION": broker_url}}
    link = redis.Redis.from_url(broker_url)
    link.flushall()
    yield link
    link.flushall()
    link.close()


class Attack:
    """A pickle that makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def key_of(name: str) -> str:
    return str(cache.make_key(name))


GARBAGE = [b"", b"7", b"1e999", b"\x80\x04", b"[1, 2", b'"text"', b"null:abc", b"[1]:forged", b"\xff" * 50]


def test_a_lock_lets_one_in_at_a_time(link: redis.Redis) -> None:
    """Limits of attempts are counted under such locks: two inside at once count two attempts as one."""
    inside: list[int] = []
    most, until = 0, time.monotonic() + 2

    def worker(number: int) -> None:
        nonlocal most
        while time.monotonic() < until:
            if cache.add("lock", True, timeout=10):
                inside.append(number)
                most = max(most, len(inside))
                time.sleep(0.0005)  # as long as it takes to count
                inside.remove(number)
                cache.delete("lock")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(worker, range(16)))
    assert most == 1


def test_what_was_put_there_is_found(link: redis.Redis) -> None:
    for value in (1, 1.5, True, "text", None, [1.5, 2.5], {"a": [1]}):
        cache.set("key", value, 60)
        assert cache.get("key", "absent") == value
    assert 0 < link.ttl(key_of("key")) <= 60
    cache.set_many({"a": 1, "b": [2]}, 60)
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": [2]}
    assert not cache.add("a", 2)
    assert cache.add("d", 0, timeout=60)
    assert [cache.incr("d"), cache.incr("d", 2), cache.get("d")] == [1, 3, 3]
    assert 0 < link.ttl(key_of("d")) <= 60
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")


def test_a_pickle_is_never_read(link: redis.Redis, tmp_path: Path, client: Client, db: None) -> None:
    link.set(key_of(WORKER_SEEN_KEY), pickle.dumps(Attack(tmp_path / "ran")))
    assert client.get("/readyz").json()["checks"]["worker"].startswith("no worker")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_as_if_nothing_were_there(
    link: redis.Redis, client: Client, db: None, garbage: bytes
) -> None:
    link.set(key_of("key"), garbage)
    assert cache.get("key", "absent") == "absent"
    assert cache.get_many(["key"]) == {}
    assert cache.add("key", 2, 60)
    assert cache.get("key") == 2
    link.set(key_of(WORKER_SEEN_KEY), garbage)
    assert client.get("/readyz").json()["checks"]["worker"].startswith("no worker")


def test_another_kind_of_value_is_as_if_nothing_were_there(link: redis.Redis) -> None:
    link.hset(key_of("key"), "field", "value")
    assert cache.get("key", "absent") == "absent"
    cache.set("other", 1, 60)
    assert cache.get("other") == 1, "nor does it switch the cache off"


def test_a_value_is_believed_only_under_the_key_that_it_was_set_for(link: redis.Redis) -> None:
    cache.set("key", 1, 60)
    link.set(key_of("other"), link.get(key_of("key")))
    assert cache.get("other") is None


def poison_everything(link: redis.Redis, garbage: bytes) -> int:
    keys = list(link.scan_iter("*"))
    for key in keys:
        link.set(key, garbage)
    return len(keys)


@pytest.mark.parametrize("garbage", [b"7", b"\x80\x04", b"[1]"])
def test_poisoned_limits_are_no_error(
    link: redis.Redis, client: Client, computer: Computer, cast: Cast, garbage: bytes
) -> None:
    address = f"/api/v1/studies/{analysed_scan(cast.clinic_a, cast.doctor).study.public_id}/"
    wrong = {"login": cast.doctor.email, "password": "wrong"}
    for _ in range(2):
        assert computer.read(address).status_code == 200
        assert client.post("/accounts/login/", wrong).status_code == 200
        assert poison_everything(link, garbage)


def test_moments_ahead_of_a_clock_that_was_set_back_stop_nobody(link: redis.Redis) -> None:
    now = time.time()
    cache.set("history", [now + 86400, now - 5], 60)
    assert cache.get("history", []) == [now - 5]
    cache.set("history", {"no": "list"}, 60)
    assert cache.get("history", []) == []


@pytest.mark.parametrize("days", [-1, 1])
def test_a_sign_of_life_from_before_the_clock_was_set_is_none(
    link: redis.Redis, client: Client, db: None, days: int
) -> None:
    note_worker_alive()
    assert client.get("/readyz").json()["checks"]["worker"] == "ok"
    cache.set(WORKER_SEEN_KEY, time.time() + days * 86400, 60)
    assert client.get("/readyz").json()["checks"]["worker"].startswith("no worker")


def test_the_queue_carries_json_alone() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == app.conf.event_serializer == "json"

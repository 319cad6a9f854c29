"""The embedded broker keeps its queue and its secret."""

import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from script import broker


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    # a space and a letter beyond ASCII: people choose such folders
    folder = tmp_path / "my dàta" / "broker"
    yield folder
    if (folder / "valkey.conf").exists():
        broker.prepare(folder)  # ends a server that a failed test left behind


def test_what_is_queued_survives_a_kill(folder: Path) -> None:
    embedded = broker.prepare(folder)
    process = embedded.start()
    link = redis.Redis.from_url(embedded.url)
    link.config_set("appendfsync", "always")  # the test need not wait a second for the disk
    link.lpush("queue", "film")
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)

    again = broker.prepare(folder)
    process = again.start()
    try:
        assert again.url == embedded.url, "a worker that outlived the broker would not find it"
        assert redis.Redis.from_url(again.url).lrange("queue", 0, -1) == [b"film"]
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_others_on_the_machine_can_neither_read_the_password_nor_do_without_it(folder: Path) -> None:
    embedded = broker.prepare(folder)
    assert stat.S_IMODE((folder / "valkey.conf").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert embedded.password not in " ".join(embedded.command())
    process = embedded.start()
    try:
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=embedded.port).ping()
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_a_server_left_behind_is_stopped_before_another_writes_the_same_file(folder: Path) -> None:
    left_behind = broker.prepare(folder).start()
    broker.prepare(folder)
    assert left_behind.wait(timeout=10) == 0


def test_a_broken_file_is_an_error_in_words(folder: Path) -> None:
    embedded = broker.prepare(folder)
    (folder / "appendonlydir").mkdir()
    (folder / "appendonlydir" / "appendonly.aof.manifest").write_text("no manifest\n")
    with pytest.raises(broker.BrokerError, match=r"valkey\.log"):
        embedded.start()

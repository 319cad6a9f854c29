"""The demo runs, heals and can be interrupted, and says in one sentence why it cannot go on."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.script.commands import PYTHON, ROOT, environment, one_sentence, run

pytestmark = pytest.mark.slow  # processes of their own: once is enough, on whichever database


def wait_until(condition: Callable[[], object], seconds: float, *, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    # in a container whose first process buries nobody, the dead stay listed as zombies
    return bool(listed.stdout.strip()) and not listed.stdout.startswith("Z")


def open_to_others(data: Path) -> list[str]:
    """What another account of this machine could read: nothing, for films, mails and passwords lie there."""
    paths = [data, *data.rglob("*")]
    modes = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # a worker's partial file that has got its name since
            modes.append((path, path.stat().st_mode))
    return [f"{path} {mode:o}" for path, mode in modes if mode & 0o007]


class Demo:
    """A running script/demo and what it printed."""

    def __init__(self, data: Path, port: int, output: Path) -> None:
        self.port, self.output = port, output
        command = [PYTHON, "script/supervise.py", "--port", str(port), "--data", str(data)]
        own = environment(CARINA_CXR_DATA=str(data / "no-films"), STATIC_ROOT=str(ROOT / "build/static"))
        with output.open("w") as file:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=own, stdout=file, stderr=file, start_new_session=True
            )

    def printed(self, pattern: str) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        return re.search(pattern, self.output.read_text()) is not None

    def wait_until_it_runs(self) -> None:
        wait_until(lambda: self.printed(r"Ctrl-C stops the portal"), 240, what="the portal runs")

    def part(self, name: str) -> str:
        try:
            answer = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        return str(json.load(answer)["checks"][name])

    def children(self, word: str) -> list[int]:
        """The direct children whose command line has this word."""
        listed = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(line.split()[0]) for line in listed.stdout.splitlines() if word in line]

    def kill_and_wait_for_another(self, word: str) -> None:
        before = self.children(word)
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: set(self.children(word)) - set(before), 20, what=f"{word} is started again")

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[[], Demo]]:
    demos: list[Demo] = []

    def start() -> Demo:
        demos.append(Demo(tmp_path / "my data", free_port(), tmp_path / f"output-{len(demos)}"))
        return demos[-1]

    yield start
    for running in demos:
        if running.process.poll() is None:
            running.interrupt()


def test_the_demo_runs_heals_stops_and_starts_again_with_everything_kept(
    demo: Callable[[], Demo], tmp_path: Path
) -> None:
    data = tmp_path / "my data"
    first = demo()
    first.wait_until_it_runs()
    assert first.printed(rf"http://127\.0\.0\.1:{first.port}")
    assert [first.part(name) for name in ("database", "broker", "worker")] == ["ok"] * 3
    key = data / "secret-key"
    secret = key.read_text()
    assert open_to_others(data) == []

    # a second one would work on the same database and the same port
    again = [PYTHON, "script/supervise.py", "--port", str(free_port()), "--data", data]
    one_sentence(run(*again), "already running", "--data")
    again[3] = str(first.port)
    one_sentence(run(*again), f"Port {first.port} is in use", "--port")

    for word in ("celery -A portal worker", "valkey-server"):
        first.kill_and_wait_for_another(word)
    wait_until(lambda: first.part("broker") == first.part("worker") == "ok", 30, what="all parts answer")

    running = first.children("")
    assert len(running) == 6
    assert first.interrupt() == 0
    assert not any(alive(pid) for pid in running), "a child outlived the demo"
    assert "Traceback" not in first.output.read_text()

    second = demo()
    second.wait_until_it_runs()
    assert key.read_text() == secret, "a new key would log everybody out"

    running = second.children("")
    second.process.kill()
    second.process.wait()
    wait_until(lambda: not any(alive(pid) for pid in running), 60, what="nothing stays behind a killed demo")


def test_a_folder_of_films_that_does_not_exist_is_a_sentence(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    done = run(PYTHON, "script/supervise.py", "--port", str(free_port()), "--films", missing)
    one_sentence(done, str(missing), "--films")


def test_a_data_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(
        PYTHON, "script/supervise.py", "--port", str(free_port()), "--data", tmp_path / "file" / "data"
    )
    one_sentence(done, str(tmp_path / "file"))

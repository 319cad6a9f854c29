"""The two commands: they work, can be interrupted, and say in one sentence why they cannot go on."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow  # processes of their own: once is enough, on whichever database
ROOT = Path(settings.BASE_DIR)
PYTHON = sys.executable


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """That of a person at a terminal: nothing that the test run itself has set."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | more


def run(*command: str | Path, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=environment(**more), capture_output=True, text=True, check=False, timeout=120
    )


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


def one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1, done
    assert len(lines) == 1, lines
    assert lines[0].endswith(".")
    for word in words:
        assert word in lines[0]


# --------------------------------------------------------------------------------------- the running demo


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
        wait_until(lambda: self.printed(r"Ctrl-C stops the portal"), 120, what="the portal runs")

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
        (pid,) = self.children(word)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: set(self.children(word)) - {pid}, 20, what=f"{word} is started again")

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
    assert stat.S_IMODE(key.stat().st_mode) == 0o600

    # a second one would work on the same database and the same port
    again = [PYTHON, "script/supervise.py", "--port", str(free_port()), "--data", data]
    one_sentence(run(*again), "already runs", "--data")
    again[3] = str(first.port)
    one_sentence(run(*again), f"Port {first.port} is in use", "--port")

    for word in ("celery -A portal worker", "valkey-server"):
        first.kill_and_wait_for_another(word)
    wait_until(lambda: first.part("broker") == first.part("worker") == "ok", 30, what="all parts answer")

    running = first.children("")
    assert len(running) == 4
    assert first.interrupt() == 0
    assert not any(alive(pid) for pid in running), "a child outlived the demo"
    assert "Traceback" not in first.output.read_text()

    started = time.monotonic()
    second = demo()
    second.wait_until_it_runs()
    assert time.monotonic() - started < 30
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


# ---------------------------------------------------------------------------------------------- setting up


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A fresh clone: what setup reads, nothing installed."""
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "script", clone / "script")
    for name in ("*.txt", "package*.json"):
        for path in ROOT.glob(name):
            shutil.copy(path, clone)
    return clone


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with nothing in it but what the shell itself needs."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    return tools


@pytest.mark.parametrize("command", ["setup", "demo", "test"])
def test_without_python_each_command_says_which_one_it_needs(bare: Path, tools: Path, command: str) -> None:
    done = run(bare / "script" / command, cwd=bare, PATH=str(tools))
    one_sentence(done, "Python 3.11")


def test_without_a_network_setup_says_so(bare: Path) -> None:
    done = run(
        bare / "script" / "setup",
        cwd=bare,
        PYTHON=PYTHON,
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="http://127.0.0.1:1/",
        PIP_RETRIES="1",
    )
    one_sentence(done, "no connection", "network")


def installing(bare: Path, statements: str, **more: str) -> subprocess.CompletedProcess[str]:
    (bare / ".venv").mkdir(exist_ok=True)
    (bare / "build").mkdir(exist_ok=True)
    program = f"import install, sys\ndef main():\n    {statements}\n    return 0\n"
    program += "sys.exit(install.ends_with_a_sentence(main))"
    return run(PYTHON, "-c", program, cwd=bare / "script", **more)


def test_without_room_on_the_disk_setup_says_how_much_it_needs(bare: Path) -> None:
    done = installing(bare, "install.ROOM_NEEDED = 1 << 60; install._install_packages('requirements.txt')")
    one_sentence(done, "free", "GB")


def test_a_full_disk_while_installing_is_a_sentence(bare: Path) -> None:
    failing = "['sh', '-c', 'echo OSError: [Errno 28] No space left on device; exit 1']"
    one_sentence(installing(bare, f"install._run({failing}, doing='install')"), "disk is full")


def test_without_the_headers_of_mysql_setup_names_them_and_goes_on(bare: Path, tools: Path) -> None:
    done = installing(bare, "print(install._install_mysql_driver())", PATH=str(tools))
    assert done.returncode == 0, done.stderr
    assert "apt install pkg-config default-libmysqlclient-dev gcc" in done.stdout
    assert "SQLite" in done.stdout


def test_without_the_headers_of_mysql_a_portal_that_needs_them_does_not_start(
    bare: Path, tools: Path
) -> None:
    url = "mysql://carina@db/carina"
    done = installing(bare, "print(install._install_mysql_driver())", PATH=str(tools), DATABASE_URL=url)
    one_sentence(done, "apt install pkg-config default-libmysqlclient-dev gcc")


def test_what_only_checks_need_is_fetched_for_them_alone(bare: Path) -> None:
    npm = bare / "npm"
    npm.write_text(
        "#!/bin/sh\n"
        'echo "$@" >> asked\n'
        "mkdir -p node_modules/bootstrap node_modules/htmx.org\n"
        '[ "$2" ] || mkdir -p node_modules/@biomejs/biome\n'
    )
    npm.chmod(0o755)
    demo_then_checks_then_demo = "(False, False, True, True, False)"
    done = installing(
        bare,
        f"install._npm = lambda: [{str(npm)!r}]; "
        f"[install._install_front_end(dev=dev) for dev in {demo_then_checks_then_demo}]",
    )
    assert done.returncode == 0, done.stderr
    assert (bare / "asked").read_text().splitlines() == ["ci --omit=dev", "ci"]


def test_a_second_setup_installs_nothing() -> None:
    started = time.monotonic()
    done = run("script/setup", "--dev")
    assert done.returncode == 0, done.stderr
    assert "Installing" not in done.stdout
    assert time.monotonic() - started < 5


# ------------------------------------------------------------------------------------------------- testing


@pytest.mark.parametrize(("forbidden", "status"), [("", 0), ("1", 1)])
def test_what_is_skipped_is_told_and_in_ci_it_is_a_failure(
    tmp_path: Path, forbidden: str, status: int
) -> None:
    test = tmp_path / "test_some.py"
    test.write_text("import pytest\ndef test_one():\n    pytest.skip('no moon')\ndef test_two():\n    pass\n")
    done = run("script/test", test, CARINA_FORBID_SKIPS=forbidden, REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == status, done.stdout
    assert re.search(r"^skipped: .*test_one: no moon \(on SQLite\)$", done.stdout, re.MULTILINE)
    assert done.stdout.strip().splitlines()[-1].startswith("SQLite: 1 passed, 1 skipped")

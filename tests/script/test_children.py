"""The supervisor keeps every part running, is patient with one that keeps dying, and bounds their logs."""

import subprocess
from pathlib import Path

import pytest

from tests.script.commands import PYTHON, ROOT, environment

pytestmark = pytest.mark.slow  # processes of their own: once is enough, on whichever database

PROGRAM = """
import os, subprocess, sys, time
from pathlib import Path
import children, logs
folder = Path(sys.argv[1])
children.FIRST_PAUSE, children.LONGEST_PAUSE = 0.01, 0.05
logs.keep_small.__defaults__ = (100_000,)
kept = children.Children(environment=dict(os.environ), logs=folder)
"""


def supervised(folder: Path, program: str) -> str:
    done = subprocess.run(
        [PYTHON, "-c", PROGRAM + program, folder],
        cwd=ROOT / "script",
        env=environment(PYTHONUNBUFFERED="1"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_worker_that_keeps_dying_never_ends_the_web_server_and_is_said_aloud(tmp_path: Path) -> None:
    said = supervised(
        tmp_path,
        """
kept.start("web", ["sleep", "60"])
kept.start("worker", ["false"])
web, worker = kept._children
kept.watch(until=lambda: worker.failures > 8)
assert web.process.poll() is None and not web.failures
kept.stop()
""",
    )
    assert said.count("The worker stopped (status 1) and is being restarted") == 9
    assert "The worker has now stopped 5 times in a row. The other parts go on" in said
    assert "worker.log says why it stops" in said
    assert "The web stopped" not in said


def test_a_part_that_dies_again_and_again_is_given_longer_pauses_up_to_a_limit(tmp_path: Path) -> None:
    said = supervised(
        tmp_path,
        """
kept.start("worker", ["false"])
(worker,) = kept._children
kept.watch(until=lambda: worker.failures > 5)
kept.stop()
""",
    )
    pauses = [line.partition(" in ")[2] for line in said.splitlines() if "being restarted" in line]
    assert pauses == ["", "0.01 s.", "0.02 s.", "0.04 s.", "0.05 s.", "0.05 s."]


def test_a_part_that_cannot_even_be_started_is_tried_until_it_can(tmp_path: Path) -> None:
    said = supervised(
        tmp_path,
        """
program = folder / "program"
again = lambda: subprocess.Popen([program])
kept.adopt("broker", subprocess.Popen(["false"]), again=again, log=folder / "b.log")
(broker,) = kept._children
kept.watch(until=lambda: broker.failures > 3)
program.write_text("#!/bin/sh\\nexec sleep 60\\n")
program.chmod(0o755)
kept.watch(until=lambda: broker.due is None and broker.process.poll() is None)
kept.stop()
""",
    )
    assert "The broker cannot be started" in said


def test_what_a_part_writes_never_fills_the_disk_while_it_runs(tmp_path: Path) -> None:
    supervised(
        tmp_path,
        """
loop = "while true; do yes a line of a program in trouble | head -c 60000; sleep 0.05; done"
kept.start("web", ["sh", "-c", loop])
log, older = folder / "web.log", folder / "web.old.log"
filled = set()
def moved_three_times():
    if older.exists():
        filled.add(older.stat().st_mtime_ns)
    return len(filled) > 2
kept.watch(until=moved_three_times)
process = kept._children[0].process
assert process.poll() is None and not kept._children[0].failures, "the program writes on as if nothing were"
kept.stop()
assert sorted(path.name for path in folder.glob("*.log*")) == ["web.log", "web.old.log"]
assert "a line of a program in trouble" in older.read_text()
assert older.stat().st_size > 100_000
""",
    )


def test_a_log_for_whose_copy_there_is_no_room_is_emptied_all_the_same(tmp_path: Path) -> None:
    supervised(
        tmp_path,
        """
log = folder / "web.log"
log.write_bytes(b"x" * 200_000)
logs.shutil.copyfile = lambda *_: os.write(os.open("/dev/full", os.O_WRONLY), b"x")
logs.keep_small(log)
assert log.stat().st_size == 0
assert [path.name for path in folder.glob("*.log*")] == ["web.log"]
""",
    )


def test_room_is_kept_back_and_given_to_the_database_when_another_program_fills_the_disk(
    tmp_path: Path,
) -> None:
    supervised(
        tmp_path,
        """
import ballast
free = 10**9
ballast.shutil.disk_usage = lambda _: type("Usage", (), {"free": free})
kept_back = ballast.Ballast(folder, 64 * 1024**2)
file = folder / "ballast"
kept_back.trim()
assert file.stat().st_size == 32 * 1024**2 and file.stat().st_blocks, "it must take room, not only claim it"
free = 50 * 1024**2
kept_back.trim()
assert file.exists(), "films are refused long before"
free = 1024
kept_back.trim()
assert not file.exists()
free = 33 * 1024**2
kept_back.trim()
assert not file.exists(), "what was given back is not taken away again at once"
free = 10**9
kept_back.trim()
assert file.exists()
""",
    )

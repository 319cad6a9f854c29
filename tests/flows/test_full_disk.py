"""The whole portal on a disk that fills up: nothing acknowledged is lost, people read and sign on."""

import subprocess

import pytest

from tests.script.commands import PYTHON, ROOT, environment


@pytest.mark.slow
def test_a_full_disk_stops_films_and_nothing_else_and_is_got_over_by_itself() -> None:
    command = [PYTHON, ROOT / "benchmarks/disk_full.py", "--hold", "8"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=900
    )
    if done.returncode == 77:
        pytest.skip(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost 0" in done.stdout

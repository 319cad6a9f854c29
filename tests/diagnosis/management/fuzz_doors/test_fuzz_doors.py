"""Broken films by all four doors: the portal answers each, keeps whole records, and loses nobody."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from diagnosis.management.fuzzing import inputs
from tests.script.commands import PYTHON, ROOT

INPUTS = int(os.environ.get("CARINA_FUZZ_INPUTS", "150"))


def fuzz(folder: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    command = [PYTHON, "manage.py", "fuzz_doors", f"--failures={folder}", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "CARINA_FUZZ_PLACE"}
    return subprocess.run(
        command, cwd=ROOT, env=environment | more, capture_output=True, text=True, timeout=1800
    )


@pytest.mark.slow
def test_what_is_broken_is_answered_and_breaks_nothing(tmp_path: Path) -> None:
    failed = tmp_path / "failed"
    failed.mkdir()
    done = fuzz(failed, "--seed=2026", f"--inputs={INPUTS}")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert f"{INPUTS} inputs" in done.stdout
    for door in ("form", "rest", "stow", "c-store"):  # took some, so that the accepting path was met too
        for outcome in ("accepted", "refused"):
            assert re.search(rf"^{door}.* {outcome}", done.stdout, re.M), (door, outcome)
    assert re.search(r"^analysis, .* analysed", done.stdout, re.M)
    assert not list(failed.iterdir())


def test_it_works_on_no_database_that_it_did_not_make(tmp_path: Path) -> None:
    done = fuzz(tmp_path, "--inputs=1", CARINA_FUZZ_PLACE=f"mark:{tmp_path}")
    assert done.returncode == 1
    assert "was not made for fuzzing" in done.stderr
    (tmp_path / "made-for-fuzzing").write_text("mark")  # the folder is right, the database another
    assert "was not made for fuzzing" in fuzz(tmp_path, CARINA_FUZZ_PLACE=f"mark:{tmp_path}").stderr


def test_a_seed_and_a_number_are_the_same_bytes_each_time() -> None:
    for number in range(24):
        once, again = (inputs.made(7, number, "CARINA") for _ in range(2))
        assert once == again
        assert once.content != inputs.made(8, number, "CARINA").content


@pytest.mark.slow
def test_an_input_that_fails_is_kept_and_told(tmp_path: Path) -> None:
    """On a disk without room every door asks to come again, which nobody asked for."""
    done = fuzz(tmp_path, "--seed=5", "--inputs=8", MIN_FREE_MEGABYTES="999999999")
    assert done.returncode == 1
    assert "Seed 5" in done.stderr
    kept: list[dict[str, Any]] = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert {"form", "rest", "stow", "c-store"} == {facts["door"] for facts in kept}
    for facts in kept:
        again = inputs.made(5, facts["number"], "CARINA").content
        assert (tmp_path / f"5-{facts['number']}-{facts['door']}.input").read_bytes() == again

"""Which test runs which line of the portal, kept once for many questions; also the plugin that notes it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parent.parent
LINES = ROOT / "build/lines.sqlite3"
FAST = "not slow and not e2e"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Says which test runs now, its fixtures included."""
    watching = coverage.Coverage.current()
    assert watching is not None
    watching.switch_context(item.nodeid)
    answer = yield
    watching.switch_context("")
    return answer


def collect() -> int:
    """Run every fast test once and keep which one runs which line."""
    LINES.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "coverage", "run", "--source=accounts,diagnosis,portal"]
    command += [f"--data-file={LINES}", "-m", "pytest", "-q", "-m", FAST, "-p", "line_tests"]
    paths = [str(ROOT / "benchmarks"), os.environ.get("PYTHONPATH", "")]
    here = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return subprocess.run([*command, "tests"], cwd=ROOT, env=here, check=False).returncode


@lru_cache(maxsize=1)
def _kept() -> coverage.CoverageData:
    kept = coverage.CoverageData(str(LINES))
    kept.read()
    return kept


def running(path: Path, lines: Sequence[int]) -> list[str]:
    """The tests known to run these lines, the nearest first; if only imports run them, those of the file."""
    by_line = _kept().contexts_by_lineno(str(ROOT / path)) if LINES.exists() else {}
    for some in (lines, by_line):
        found = {test.partition("[")[0] for line in some for test in by_line.get(line, ())} - {""}
        if found:
            return sorted(found, key=lambda test: (-_nearness(path, test), test))
    return []


def _nearness(path: Path, test: str) -> int:
    """How many steps the way to the file and the way to the test share."""
    steps = zip(path.with_suffix("").parts, test.replace("/test_", "/").split("/")[1:], strict=False)
    return sum(one == other.partition(".py")[0] for one, other in steps)

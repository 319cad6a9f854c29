"""Puts small faults into a copy of the code, one at a time, and counts how many the tests notice.

    .venv/bin/python benchmarks/mutations.py --collect
    .venv/bin/python benchmarks/mutations.py [--count 40] [--seed 1] [--only diagnosis/services] [--list]

A fault is a turned comparison, "and" for "or", a condition that always or never holds, a dropped statement, a
dropped condition of a query, a constant that is off by one. --collect runs every fast test once and keeps
which one runs which line, in build/lines.sqlite3; a fault then meets the tests that run its line, the nearest
first. Without that file, or where no test is known to run the line (another process does, or the import), the
tests at the same path below tests/ run, those that name the module, and then every fast one. What nobody
notices is printed, to be judged: some faults change nothing that matters.
"""

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from line_tests import FAST, ROOT, collect, running
from small_faults import Fault, faults_of

WHERE = (
    "accounts",
    "diagnosis/access",
    "diagnosis/services",
    "diagnosis/imaging",
    "diagnosis/cnn/classifier.py",
    "diagnosis/cnn/decision.py",
    "diagnosis/cnn/quality.py",
)
NEVER = ("migrations", "models", "admin_config.py", "apps.py", "phantom.py", "__init__.py")
TARGET = 0.95
SECONDS = 1800
NEAR = 40  # so many of a line's tests run first: most faults fall there, and the rest may be a thousand


def files(only: list[str]) -> Iterator[Path]:
    for name in only or WHERE:
        place = ROOT / name
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            relative = path.relative_to(ROOT)
            if not any(part in NEVER for part in relative.parts):
                yield relative


def rounds(fault: Fault, *, near_only: bool) -> Iterator[list[str]]:
    """Tests to run for a fault, the nearest first; each a list of what pytest can be asked for."""
    path, tests = fault.path, ROOT / "tests"
    near = tests / path.parent
    mirrored = [near / path.stem, near / f"test_{path.stem}.py"]
    yield [str(place.relative_to(ROOT)) for place in mirrored if place.exists()]
    known = running(fault.path, fault.lines)
    yield known[:NEAR]
    yield known[NEAR:]
    if known:
        return
    module = path.with_suffix("").as_posix().replace("/", ".")
    package, _, name = module.rpartition(".")
    named = re.compile(rf"\b{re.escape(module)}\b|\bfrom {re.escape(package)} import .*\b{name}\b")
    naming = [
        str(test.relative_to(ROOT))
        for test in sorted(tests.rglob("test_*.py"))
        if named.search(test.read_text())
    ]
    yield [test for test in naming if "e2e" not in test]
    yield [str(near.relative_to(ROOT))] if near.is_dir() else []
    yield [] if near_only else ["tests"]


def noticed(fault: Fault, copy: Path, *, near_only: bool) -> str:
    """The first test that fell, or "" if none did."""
    target = copy / fault.path
    source = target.read_text()
    target.write_text(fault.put_into(source))
    try:
        for places in rounds(fault, near_only=near_only):
            if places and (fallen := _fallen(copy, places)):
                return fallen
        return ""
    finally:
        target.write_text(source)


def _fallen(copy: Path, places: list[str]) -> str:
    asked = copy.with_name("tests-to-run")
    asked.write_text("\n".join(places))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", FAST, "-p", "no:cacheprovider", f"@{asked}"]
    try:
        ended = subprocess.run(
            command, cwd=copy, capture_output=True, timeout=SECONDS, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        return "the time ran out"  # a fault that makes the tests hang is noticed too
    if ended.returncode in (0, 5):  # 5: nothing among these places was fast enough to run
        return ""
    if "ERROR: not found" in ended.stderr:
        sys.exit(f"{ended.stderr}\nThe tests have changed: run --collect again.")
    named = re.search(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.MULTILINE)
    return named[1] if named else "nothing could run"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="a file or folder; may be repeated")
    parser.add_argument("--collect", action="store_true", help="keep which test runs which line, no more")
    parser.add_argument("--near", action="store_true", help="never run every fast test: it takes minutes")
    parser.add_argument("--list", action="store_true", help="print the faults and run nothing")
    options = parser.parse_args()
    if options.collect:
        return collect()
    all_faults = [fault for path in files(options.only) for fault in faults_of(path)]
    chosen = random.Random(options.seed).sample(all_faults, min(options.count, len(all_faults)))
    if options.list:
        print("\n".join(map(str, chosen)))
        return 0
    with tempfile.TemporaryDirectory(prefix="carina-mutations-") as folder:
        return report(chosen, _copied_into(Path(folder) / "carina"), near_only=options.near)


def _copied_into(copy: Path) -> Path:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    for name in (".venv", "node_modules"):
        (copy / name).symlink_to(ROOT / name)
    if _fallen(copy, ["tests/accounts/audit/test_pages.py"]):
        sys.exit("The tests fail without any fault: nothing can be measured.")
    return copy


def report(chosen: list[Fault], copy: Path, *, near_only: bool) -> int:
    missed = 0
    for number, fault in enumerate(chosen, start=1):
        by = noticed(fault, copy, near_only=near_only)
        missed += not by
        print(f"{number:3} {'noticed' if by else 'MISSED '} {fault}{f'   [{by}]' if by else ''}", flush=True)
    share = 1 - missed / len(chosen)
    held = share >= TARGET
    print(f"{len(chosen) - missed} of {len(chosen)} noticed ({share:.0%}; at least {TARGET:.0%} wanted)")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

"""Puts small faults into a copy of the code, one at a time, and counts how many the tests notice.

    .venv/bin/python benchmarks/mutations.py [--count 40] [--seed 1] [--only diagnosis/services] [--list]

A fault is a turned comparison, "and" for "or", a condition that always or never holds, a dropped statement, a
constant that is off by one. The tests nearest to the file run first (the same path below tests/, then those
that name the module), then every fast test. What nobody notices is printed, to be judged: some faults change
nothing that matters.
"""

import argparse
import ast
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WHERE = (
    "accounts",
    "diagnosis/access.py",
    "diagnosis/services",
    "diagnosis/imaging",
    "diagnosis/cnn/classifier.py",
    "diagnosis/cnn/decision.py",
    "diagnosis/cnn/quality.py",
)
NEVER = ("migrations", "models", "admin_config.py", "apps.py", "phantom.py", "__init__.py")
TARGET = 0.95
SECONDS = 900

TURNED: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}


@dataclass(frozen=True)
class Fault:
    """One piece of a file and what stands there instead."""

    path: Path
    line: int
    begin: int
    end: int
    instead: str

    def put_into(self, source: str) -> str:
        return source[: self.begin] + self.instead + source[self.end :]

    def __str__(self) -> str:
        was = (ROOT / self.path).read_text()[self.begin : self.end]
        return f"{self.path}:{self.line}: {' '.join(was.split())[:80]} → {self.instead[:80]}"


class _Finder(ast.NodeVisitor):
    """Collects the faults that a file can have; annotations, docstrings and texts are left alone."""

    def __init__(self, path: Path, source: str) -> None:
        self.path, self.source = path, source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line.encode()))
        self.found: list[Fault] = []

    def _place(self, line: int, column: int) -> int:
        """Where a position that counts bytes of a line lies in the text."""
        return len(self.source.encode()[: self.starts[line - 1] + column].decode())

    def _add(self, node: ast.expr | ast.stmt, instead: str) -> None:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin = self._place(node.lineno, node.col_offset)
        end = self._place(node.end_lineno, node.end_col_offset)
        self.found.append(Fault(self.path, node.lineno, begin, end, instead))

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) == 1:
            left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
            self._add(node, f"({left}) {TURNED[type(node.ops[0])]} ({right})")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        word = " or " if isinstance(node.op, ast.And) else " and "
        self._add(node, "(" + word.join(f"({ast.unparse(value)})" for value in node.values) + ")")
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        self._add(node.test, "False")
        self._add(node.test, "True")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add(node, f"bool({ast.unparse(node.operand)})")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call) and not ast.unparse(node).startswith("logger."):
            self._add(node, "pass")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if type(node.value) is int and node.value > 0:
            self._add(node, str(node.value + 1))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in node.body:
            self.visit(part)


def faults_of(path: Path) -> list[Fault]:
    """Every fault that a file (relative to the root) can have."""
    source = (ROOT / path).read_text()
    finder = _Finder(path, source)
    finder.visit(ast.parse(source))
    return finder.found


def files(only: list[str]) -> Iterator[Path]:
    for name in only or WHERE:
        place = ROOT / name
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            relative = path.relative_to(ROOT)
            if not any(part in NEVER for part in relative.parts):
                yield relative


def rounds(path: Path) -> Iterator[list[str]]:
    """Tests to run for a fault in this file, the nearest first; each a list of places for pytest."""
    tests = ROOT / "tests"
    near = tests / path.parent
    mirrored = [near / path.stem, near / f"test_{path.stem}.py"]
    yield [str(place.relative_to(ROOT)) for place in mirrored if place.exists()]
    module = path.with_suffix("").as_posix().replace("/", ".")
    package, _, name = module.rpartition(".")
    naming = [
        str(test.relative_to(ROOT))
        for test in sorted(tests.rglob("test_*.py"))
        if module in (text := test.read_text()) or (package in text and name in text)
    ]
    yield [test for test in naming if "e2e" not in test]
    yield [str(near.relative_to(ROOT))] if near.is_dir() else []
    yield ["tests"]


def noticed(fault: Fault, copy: Path) -> str:
    """The tests that fell, or "" if none did."""
    target = copy / fault.path
    source = target.read_text()
    target.write_text(fault.put_into(source))
    try:
        for places in rounds(fault.path):
            if places and not _pass(copy, places):
                return ", ".join(places[:2]) + (" …" if len(places) > 2 else "")
        return ""
    finally:
        target.write_text(source)


def _pass(copy: Path, places: list[str]) -> bool:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-m",
        "not slow and not e2e",
        "-p",
        "no:cacheprovider",
    ]
    try:
        ended = subprocess.run(
            [*command, *places], cwd=copy, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False  # a fault that makes the tests hang is noticed too
    return ended.returncode in (0, 5)  # 5: nothing among these places was fast enough to run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="a file or folder; may be repeated")
    parser.add_argument("--list", action="store_true", help="print the faults and run nothing")
    options = parser.parse_args()
    all_faults = [fault for path in files(options.only) for fault in faults_of(path)]
    chosen = random.Random(options.seed).sample(all_faults, min(options.count, len(all_faults)))
    if options.list:
        print("\n".join(map(str, chosen)))
        return 0
    with tempfile.TemporaryDirectory(prefix="carina-mutations-") as folder:
        return report(chosen, _copied_into(Path(folder) / "carina"))


def _copied_into(copy: Path) -> Path:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    for name in (".venv", "node_modules"):
        (copy / name).symlink_to(ROOT / name)
    if not _pass(copy, ["tests/accounts/audit"]):
        sys.exit("The tests fail without any fault: nothing can be measured.")
    return copy


def report(chosen: list[Fault], copy: Path) -> int:
    missed = 0
    for number, fault in enumerate(chosen, start=1):
        by = noticed(fault, copy)
        missed += not by
        print(f"{number:3} {'noticed' if by else 'MISSED '} {fault}{f'   [{by}]' if by else ''}", flush=True)
    share = 1 - missed / len(chosen)
    held = share >= TARGET
    print(f"{len(chosen) - missed} of {len(chosen)} noticed ({share:.0%}; at least {TARGET:.0%} wanted)")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

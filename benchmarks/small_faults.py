"""The small faults that a Python file can have, each as a piece of its text and what stands there instead."""

import ast
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ASKED = ("filter", "exclude", "get", "update")  # what asks the database
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

    @property
    def lines(self) -> range:
        """The lines of the piece."""
        was = (ROOT / self.path).read_text()[self.begin : self.end]
        return range(self.line, self.line + was.count("\n") + 1)

    def put_into(self, source: str) -> str:
        return source[: self.begin] + self.instead + source[self.end :]

    def __str__(self) -> str:
        was = " ".join((ROOT / self.path).read_text()[self.begin : self.end].split())
        return f"{self.path}:{self.line}: {_short(was, self.instead)} → {_short(self.instead, was)}"


def _short(text: str, other: str) -> str:
    """The text, from a little before where it differs."""
    begin = max(0, len(os.path.commonprefix([text, other])) - 40)  # noqa: RUF071  # these are no paths
    return ("…" if begin else "") + text[begin : begin + 100]


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

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in ASKED:
            words = [word for word in node.keywords if word.arg]
            for dropped in words if len(words) > 1 or node.args else []:
                kept = [word for word in node.keywords if word is not dropped]
                self._add(node, ast.unparse(ast.Call(node.func, node.args, kept)))
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

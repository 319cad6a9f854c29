"""Only lifecycle moves a scan's state."""

import ast
from pathlib import Path

import diagnosis

ROOT = Path(diagnosis.__file__).parent
STATE = {"status", "reason_code", "claimed_at", "enqueued_at", "finished_at", "attempts", "set_aside_at"}


def writes_of_state(source: str) -> list[int]:
    """Lines where columns of a scan's state are given to `update` or named to `save`."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        named = {keyword.arg for keyword in node.keywords}
        if node.func.attr in ("update", "bulk_update") and named & STATE:
            lines.append(node.lineno)
        if node.func.attr == "save" and any(name in ast.unparse(node) for name in STATE):
            lines.append(node.lineno)
    return lines


def test_the_search_finds_what_it_looks_for() -> None:
    assert writes_of_state("Scan.objects.filter(pk=1).update(status='failed')") == [1]
    assert writes_of_state("scan.save(update_fields=['status'])") == [1]
    assert writes_of_state("Scan.objects.filter(status='failed').update(study=new)") == []


def test_no_other_module_moves_a_scan() -> None:
    modules = [path for path in ROOT.rglob("*.py") if "migrations" not in path.parts]
    # deliveries, exports, reports, errands of a candidate, messages to webhooks and uploads have states or
    # times of the same names, and move them themselves
    others = {"delivery", "export", "report", "shadow.py", "webhooks", "uploads.py"}
    modules = [path for path in modules if not others & set(path.parts)]
    found = {path.relative_to(ROOT).as_posix() for path in modules if writes_of_state(path.read_text())}
    # the demonstration dates its films back: their times are among the columns of a state
    assert found == {"services/lifecycle.py", "management/demo_loading.py"}

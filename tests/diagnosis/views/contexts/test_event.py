"""Every action that services put on record about a study has a sentence for people."""

import ast
from collections.abc import Iterator
from pathlib import Path

import diagnosis.services
from diagnosis.models import ScanStatus
from diagnosis.views.contexts.wording.event import _EVENTS

SERVICES = Path(diagnosis.services.__file__).parent
ABOUT_A_STUDY = (
    "study.",
    "scan.",
    "review.",
    "report.",
    "delivery.",
    "export.",
    "held_film.filed",
    "outcome.",
    "referral.",
    "inquiry.",
)


def actions() -> Iterator[str]:
    """Every literal that reads like an action, such as "scan.moved", in the code of the services."""
    for path in SERVICES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                kind, dot, verb = node.value.partition(".")
                if (
                    dot
                    and verb.isidentifier()
                    and node.value.startswith(ABOUT_A_STUDY)
                    and kind.isidentifier()
                ):
                    yield node.value


def test_no_action_about_a_study_lacks_its_sentence() -> None:
    ends = {f"scan.{status}" for status in (ScanStatus.REFUSED, ScanStatus.FAILED)}  # put together by `end`
    used = set(actions()) | ends
    assert {"study.created", "scan.moved", "review.signed", "report.viewed"} <= used
    assert used == set(_EVENTS)

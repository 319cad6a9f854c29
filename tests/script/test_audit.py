"""The audit never takes silence for an all-clear."""

import subprocess
from pathlib import Path

import pytest

from tests.script.commands import PYTHON, ROOT, environment

pytestmark = pytest.mark.slow  # processes of their own: once is enough, on whichever database


@pytest.mark.parametrize(
    ("printed", "status", "weak", "said"),
    [
        ("No known vulnerabilities found", 0, False, "no known weakness"),
        ("Found 1 known vulnerability in 1 package", 1, True, "KNOWN WEAKNESSES"),
        ("No known vulnerabilities found\npip could not be audited", 0, False, "does not know 1 of them"),
        ("Connection refused", 1, False, "no advisory service answers"),
    ],
)
def test_what_was_not_asked_is_not_called_safe(
    tmp_path: Path, printed: str, status: int, weak: bool, said: str
) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\nprintf '%s' \"$TOLD\"\nexit $STATUS\n")
    tool.chmod(0o755)
    program = "import audit, sys; sys.exit(audit._ask('packages', sys.argv[1:]))"
    done = subprocess.run(
        [PYTHON, "-c", program, tool],
        cwd=ROOT / "script",
        env=environment(TOLD=printed, STATUS=str(status)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == weak, done.stderr
    assert said in done.stdout


def test_the_checks_say_what_was_not_asked_and_do_not_fail_for_it() -> None:
    program = "import check, sys; print(check._check('weaknesses', [sys.executable, '-c', sys.argv[1]], {}))"
    for printed, said in (("npm: not asked, no service", "not all asked"), ("npm: no known weakness", "ok")):
        done = subprocess.run(
            [PYTHON, "-c", program, f"print({printed!r})"],
            cwd=ROOT / "script",
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"weaknesses: {said}" in done.stdout
        assert ("npm: not asked" in done.stdout) == (said != "ok")
        assert done.stdout.rstrip().endswith("None)"), "no failure"

"""Asks the public advisories whether a locked package has a known weakness.

    .venv/bin/python script/audit.py

Status 1: one has. Where no advisory service answers it says so and ends with 0: many networks have none.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from commands import ROOT, Command, ends_with_a_sentence, say
from install import DEV, VENV
from locked import LOCKS

PIP_AUDIT = "pip-audit==2.10.1"
UNKNOWN = "could not be audited"
FOUND = ("known vulnerabilit", "severity vulnerabilit", "# npm audit report")


def main() -> int:
    uv = VENV / "bin" / "uv"
    weak = _ask(
        "Python packages",
        [uv, "tool", "run", PIP_AUDIT, "--disable-pip", "--require-hashes", "-r", ROOT / LOCKS[DEV]],
    )
    npm = shutil.which("npm")
    if npm is None:
        say("front-end libraries: not asked, there is no npm here")
    else:
        weak |= _ask("front-end libraries", [npm, "audit", "--package-lock-only"])
    return 1 if weak else 0


def _ask(what: str, command: Command) -> bool:
    """Whether a known weakness was found; says so, or that nobody answered."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"{what}: not asked ({type(error).__name__})")
        return False
    told = f"{done.stdout}\n{done.stderr}"
    first = (told.strip() or "no message").splitlines()[0]
    if done.returncode and any(word in told for word in FOUND):
        say(f"{told}\n{what}: KNOWN WEAKNESSES, see above")
        return True
    if unknown := told.count(UNKNOWN):  # a mirror: it has the packages, not what is known about them
        say(f"{what}: not asked, the service that answers here does not know {unknown} of them")
    elif done.returncode:
        say(f"{what}: not asked, no advisory service answers ({first})")
    else:
        say(f"{what}: no known weakness")
    return False


if __name__ == "__main__":
    sys.exit(ends_with_a_sentence(main))

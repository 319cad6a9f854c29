"""Writes the lock files: every package that is installed, with the checksums of its files.

    .venv/bin/python script/lock.py

Run it whenever a requirements file or constraints.txt changes; it asks the package index for checksums and
downloads nothing else. Standard library only, but for uv, which requirements-dev.txt brings.
"""

from __future__ import annotations

import os
import subprocess
import sys

from commands import BUILD, ROOT, ends_with_a_sentence, say
from install import DEV, SERVE, VENV, driver
from locked import LOCKS

SOURCES = {SERVE: [SERVE], DEV: [DEV, "requirements-node.txt"]}


def main() -> int:
    BUILD.mkdir(exist_ok=True)
    alone = BUILD / "driver.txt"  # the image has the driver, but not the rest of requirements.txt
    alone.write_text(f"{driver()}\n")
    for name, sources in SOURCES.items():
        command = [
            *(VENV / "bin" / "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
            *("--generate-hashes", "--no-header", "--no-annotate", "--constraints", "constraints.txt"),
            *sources,
            *([alone] if name == SERVE else []),
            *("--output-file", LOCKS[name]),
        ]
        # an earlier lock must not keep versions that constraints.txt no longer names
        (ROOT / LOCKS[name]).unlink(missing_ok=True)
        subprocess.run([str(word) for word in command], cwd=ROOT, env=os.environ, check=True)
        say(f"{LOCKS[name]} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(ends_with_a_sentence(main))

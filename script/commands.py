"""Runs the commands of setting up, and ends programs with a sentence instead of a trace."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOG = BUILD / "setup.log"

Command = Sequence[str | Path]

NETWORK_TROUBLE = re.compile(
    r"from versions: none"  # pip's message when the index did not answer
    r"|name resolution|NewConnectionError|ConnectTimeout|Network is unreachable|ProxyError|SSLError"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|Could not resolve|Connection refused|Read timed out",
)


class Stop(Exception):
    """One sentence for the person at the keyboard; the program ends with status 1."""


def say(message: str) -> None:
    with contextlib.suppress(OSError):  # a closed terminal must not stop the clean-up
        print(message, flush=True)


def quiet(command: Command) -> bool:
    """Whether a command exists and succeeds."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(command: Command, *, doing: str) -> None:
    """Run a command with its output in build/setup.log; Stop with the likely cause if it fails."""
    with LOG.open("w") as log:
        code = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode
    if code == 0:
        return
    output = LOG.read_text(errors="replace")
    if "No space left on device" in output or "ENOSPC" in output:
        raise Stop(f"Could not {doing}: the disk is full. Free some room and run again.")
    if NETWORK_TROUBLE.search(output):
        raise Stop(f"Could not {doing}: no connection to the package index. Check the network and run again.")
    raise Stop(f"Could not {doing}: see {LOG}.")


def apt_install(*packages: str) -> bool:
    """Install Debian packages; False if this user may not, or if it failed."""
    if not shutil.which("apt-get"):
        return False
    if os.geteuid() == 0:
        prefix = []
    elif quiet(["sudo", "-n", "true"]):
        prefix = ["sudo", "-n"]
    else:
        return False
    say(f"Installing {' '.join(packages)} …")
    # dpkg needs the system tools' folders in PATH
    path = f"PATH={os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"
    apt = [*prefix, "env", path, "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    with contextlib.suppress(Stop):
        run([*apt, "update"], doing="update apt's lists")
        run([*apt, "install", "--no-install-recommends", *packages], doing="install Debian packages")
        return True
    return False


def ends_with_a_sentence(program: Callable[[], int]) -> int:
    """Run a program; errors outside our control end with one sentence and status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without “…” is no reason to stop
    try:
        return program()
    except Stop as stop:
        print(stop, file=sys.stderr, flush=True)
    except OSError as error:
        print(f"Stopped: {error.strerror or error}: {error.filename or ROOT}.", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("Stopped by Ctrl-C.", file=sys.stderr, flush=True)
        return 130
    return 1

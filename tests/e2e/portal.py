"""A running portal: where it is, and how long it may take to start."""

import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240  # half a minute on an idle machine, and the suite runs on several processes


@dataclass(frozen=True)
class Portal:
    """A running portal: its address and where it keeps its data."""

    url: str
    data: Path


def wait_until_ready(url: str, process: "subprocess.Popen[str]", log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"The portal stopped at its start:\n{log.read_text()[-3000:]}")
        try:
            with direct.open(f"{url}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)  # the poll of a process that is starting, with a deadline
    pytest.fail(f"The portal was not ready within {START_SECONDS} s:\n{log.read_text()[-3000:]}")

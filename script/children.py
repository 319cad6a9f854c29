"""Starts the supervisor's child processes in order, restarts dead ones, and stops them in reverse order."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from broker import end_with_parent
from install import ROOT, Stop, say

DEATHS_ALLOWED = 5
DEATHS_WITHIN = 60.0
SECONDS_TO_STOP = 15.0
LOG_BYTES = 20_000_000

Starter = Callable[[], "subprocess.Popen[bytes]"]


@dataclass
class Child:
    name: str
    starter: Starter
    process: subprocess.Popen[bytes]
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_ALLOWED))


class Children:
    """Keeps its children running until SIGINT, SIGTERM or SIGHUP.

    Each has its own session, so that Ctrl-C reaches only the supervisor and the children end in order.
    """

    def __init__(self, *, environment: dict[str, str], logs: Path) -> None:
        self._environment = environment
        self._logs = logs
        self._children: list[Child] = []
        self._wake = threading.Event()
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping:  # asked twice: do not wait
            for child in self._children:
                _kill(child.process)
        self.stopping = True
        self._wake.set()

    def start(self, name: str, how: Sequence[str] | Starter) -> None:
        """Start a child: a command whose output goes to logs/<name>.log, or a function that starts it."""
        starter = how if callable(how) else lambda: self._spawn(name, how)
        self._children.append(Child(name, starter, starter()))

    def _spawn(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        path = self._logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".old.log"))
        with path.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def watch(self, *, until: Callable[[], bool] | None = None, patience: float | None = None) -> bool:
        """Keep the children alive until asked to stop, until the condition holds, or until patience runs out.

        Returns whether the condition held. Raises Stop when a child keeps dying.
        """
        deadline = time.monotonic() + (patience if patience is not None else float("inf"))
        while not self.stopping and time.monotonic() < deadline:
            for child in self._children:
                if child.process.poll() is not None:
                    self._revive(child)
            if until and until():
                return True
            self._wake.wait(0.2)
        return False

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        child.deaths.append(now)
        log = self._logs / f"{child.name}.log"
        if len(child.deaths) == DEATHS_ALLOWED and now - child.deaths[0] < DEATHS_WITHIN:
            raise Stop(f"The {child.name} stopped {DEATHS_ALLOWED} times within a minute: see {log}.")
        _kill(child.process)  # processes it started may have outlived it
        say(f"The {child.name} stopped (status {child.process.returncode}) and is being restarted.")
        self._wake.wait(0.5 * (len(child.deaths) - 1))
        child.process = child.starter()

    def stop(self) -> None:
        """End the children, last started first, so that no page loses its queue and no worker its broker."""
        if self._children:
            say("\nStopping …")
        self.stopping = True
        for child in reversed(self._children):
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
            try:
                child.process.wait(timeout=SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                say(f"The {child.name} did not stop within {SECONDS_TO_STOP:.0f} seconds and was ended.")
            _kill(child.process)
            child.process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and every process it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)

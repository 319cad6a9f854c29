"""Starts the supervisor's child processes in order, restarts dead ones, and stops them in reverse order."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import logs
from broker import BrokerError, end_with_parent
from commands import ROOT, say

FIRST_PAUSE = 0.5  # before the second start in a row; each further pause is twice as long
LONGEST_PAUSE = 30.0
WELL_AFTER = 60.0  # seconds of life after which an earlier death no longer counts
LOUD_AFTER = 5
SECONDS_TO_STOP = 15.0

Starter = Callable[[], "subprocess.Popen[bytes]"]


@dataclass
class Child:
    """One part of the portal: how it is started again, and how often in a row it has failed."""

    name: str
    starter: Starter
    process: subprocess.Popen[bytes]
    log: Path
    started: float
    failures: int = 0
    due: float | None = None  # when to start it again; None while it runs


class Children:
    """Keeps its children running until SIGINT, SIGTERM or SIGHUP.

    A child that keeps dying is started again ever more slowly and never takes the others with it: on a full
    disk the broker and its worker end, and pages are still read. Each child has its own session, so that
    Ctrl-C reaches only the supervisor and the children end in order.
    """

    def __init__(self, *, environment: dict[str, str], logs: Path) -> None:
        self._environment = environment
        self._logs = logs
        self._children: list[Child] = []
        self._wake = threading.Event()
        self.errand: Callable[[], None] = lambda: None  # what else is to be done a few times a second
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping:  # asked twice: do not wait
            for child in self._children:
                _kill(child.process)
        self.stopping = True
        self._wake.set()

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a command whose output goes to logs/<name>.log."""
        log = self._logs / f"{name}.log"
        starter = partial(self._spawn, command, log)
        self.adopt(name, starter(), again=starter, log=log)

    def adopt(self, name: str, process: subprocess.Popen[bytes], *, again: Starter, log: Path) -> None:
        """Look after a process that runs already; `again` starts another one and must not wait for it."""
        self._children.append(Child(name, again, process, log, time.monotonic()))

    def _spawn(self, command: Sequence[str], path: Path) -> subprocess.Popen[bytes]:
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

        Returns whether the condition held.
        """
        deadline = time.monotonic() + (patience if patience is not None else float("inf"))
        while not self.stopping and time.monotonic() < deadline:
            for child in self._children:
                self._look_after(child)
                logs.keep_small(child.log)
            self.errand()
            if until and until():
                return True
            self._wake.wait(0.2)
        return False

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.due is not None:
            if now >= child.due:
                self._start_again(child)
        elif child.process.poll() is not None:
            if now - child.started > WELL_AFTER:
                child.failures = 0
            _kill(child.process)  # processes it started may have outlived it
            self._wait_after(child, f"stopped (status {child.process.returncode})")

    def _start_again(self, child: Child) -> None:
        try:
            child.process = child.starter()
        except (OSError, BrokerError) as error:  # no room for a log, no memory for a process
            self._wait_after(child, f"cannot be started ({error})")
        else:
            child.started, child.due = time.monotonic(), None

    def _wait_after(self, child: Child, what: str) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (child.failures - 1)) if child.failures else 0.0
        child.failures += 1
        child.due = time.monotonic() + pause
        say(f"The {child.name} {what} and is being restarted{f' in {pause:g} s' if pause else ''}.")
        if child.failures == LOUD_AFTER:
            say(
                f"The {child.name} has now stopped {LOUD_AFTER} times in a row. The other parts go on, and "
                f"it is tried again every {LONGEST_PAUSE:.0f} seconds. {child.log} says why it stops."
            )

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

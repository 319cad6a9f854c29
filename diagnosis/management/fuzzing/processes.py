"""The portal's processes beside the web: the listener and a worker, as they run, with a log each."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.cache import cache

from diagnosis.management.fuzzing.inputs import STORE
from diagnosis.management.fuzzing.place import Place, end_with_parent
from diagnosis.services.heartbeat import WORKER_SEEN_KEY

_SECONDS: Final = 300  # on a busy machine


@dataclass
class Running:
    """A process that must live as long as the run. door: whose films it takes; read: how much of its log."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    door: str = ""
    read: int = 0

    def said(self) -> bytes:
        """What it logged since the last call."""
        if self.log.stat().st_size == self.read:
            return b""
        with self.log.open("rb") as log:
            log.seek(self.read)
            new = log.read()
        self.read += len(new)
        return new

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None


@contextlib.contextmanager
def listening(place: Place) -> Iterator[Running]:
    """The listener."""
    command = [str(settings.BASE_DIR / "manage.py"), "dicom_listener", "--address", "127.0.0.1"]
    with _running("the listener", command, place.folder / "listener.log") as listener:
        listener.door = STORE
        _wait_for(listener, _answers)
        yield listener


@contextlib.contextmanager
def working(place: Place) -> Iterator[Running]:
    """A worker with one child, which analyses what comes in."""
    command = ["-m", "celery", "-A", "portal", "worker", "--pool=prefork", "--concurrency=1"]
    command += ["--prefetch-multiplier=1", "--queues=analysis,upkeep,delivery", "--without-mingle"]
    with _running("the worker", command, place.folder / "worker.log") as worker:
        _wait_for(worker, lambda: bool(cache.get(WORKER_SEEN_KEY)))
        yield worker


@contextlib.contextmanager
def _running(name: str, command: list[str], log: Path) -> Iterator[Running]:
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=settings.BASE_DIR, stdout=stream, stderr=stream,
            preexec_fn=end_with_parent,
        )  # fmt: skip
    try:
        yield Running(name, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers() -> bool:
    where = ("127.0.0.1", settings.DICOM_PORT)
    with contextlib.suppress(OSError), socket.create_connection(where, timeout=1):
        return True
    return False


def _wait_for(started: Running, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not started.has_ended and time.monotonic() < deadline:
        if is_ready():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{started.name} does not start: {started.log.read_text()[-2000:]}")

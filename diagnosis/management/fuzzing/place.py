"""A portal for one run alone: its folder, database, broker and listener, which all go with it."""

import contextlib
import importlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection

MARK: Final = "CARINA_FUZZ_PLACE"
_SECONDS: Final = 60
_MARK_FILE: Final = "made-for-fuzzing"


class NotOurs(Exception):
    """The database, folder or broker was not made for this run."""


@dataclass(frozen=True)
class Place:
    """Where everything of a run lies."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def uploads(self) -> Path:
        return self.folder / "uploads"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def outgoing(self) -> Path:
        """What the sending side writes; not looked at."""
        return self.folder / "outgoing"

    @property
    def log(self) -> Path:
        """What the listener says."""
        return self.folder / "listener.log"

    def leftovers(self) -> list[Path]:
        """Temporary files of the portal."""
        found = [path for folder in (self.uploads, self.temporary) for path in folder.iterdir()]
        incoming = self.data / "incoming"
        return [*found, *(incoming.iterdir() if incoming.exists() else ()), *self.data.rglob(".part-*")]


@contextlib.contextmanager
def prepared(arguments: list[str]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The command that does the work in a new place, and its environment; all is deleted at the end."""
    broker = _broker()

    folder = Path(tempfile.mkdtemp(prefix="carina-fuzz-"))
    place, mark = Place(folder), secrets.token_hex(16)
    try:
        for path in (place.data, place.uploads, place.temporary, place.outgoing):
            path.mkdir()
        (folder / _MARK_FILE).write_text(mark)
        embedded = broker.prepare(folder / "broker")
        running = embedded.start()
        try:
            yield (
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "fuzz_doors", *arguments],
                _environment(place, embedded.url, mark),
            )
        finally:
            running.terminate()
            running.wait(timeout=_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _broker() -> Any:
    """Of a checkout alone: no installation is fuzzed. Raises ImportError."""
    return importlib.import_module("script.broker")


def end_with_parent() -> None:
    """Ask the kernel to end this process with its parent; called in a child before its program."""
    _broker().end_with_parent()


def _environment(place: Place, broker_url: str, mark: str) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_FILE")}
    return kept | {
        MARK: f"{mark}:{place.folder}",
        "DATABASE_URL": f"sqlite:///{place.data}/carina.sqlite3",
        "DATA_DIR": str(place.data),
        "UPLOAD_DIR": str(place.uploads),
        "TMPDIR": str(place.temporary),
        "REDIS_URL": broker_url,
        "DICOM_PORT": str(port),
        "DICOM_TLS_CERTIFICATE": "",
        "DICOM_AE_TITLE": "CARINA",
        "ALLOWED_HOSTS": "testserver,127.0.0.1",
        "API_RATE": "1000000/min",
        "SECRET_KEY": secrets.token_urlsafe(40),
        "AUDIT_KEY": secrets.token_urlsafe(40),
        "DEBUG": "false",
        "HTTPS": "false",
        "HASHED_STATIC": "false",
        "EMAIL_URL": "",
        "LOG_LEVEL": "ERROR",
        "PYTHONWARNINGS": "ignore",
        "STATIC_ROOT": str(place.outgoing),
    }


def ours() -> Place | None:
    """The place that this process runs in, None if it was started by a person. Raises NotOurs."""
    mark, _, named = os.environ.get(MARK, "").partition(":")
    if not mark:
        return None
    place = Place(Path(named))
    with contextlib.suppress(OSError):
        if (place.folder / _MARK_FILE).read_text() == mark and _all_inside(place):
            return place
    raise NotOurs


def _all_inside(place: Place) -> bool:
    facts = connection.settings_dict
    database = Path(str(facts["NAME"])).resolve()
    return (
        connection.vendor == "sqlite"
        and database == (place.data / "carina.sqlite3").resolve()
        and Path(settings.DATA_DIR).resolve() == place.data.resolve()
        and Path(str(settings.FILE_UPLOAD_TEMP_DIR)).resolve() == place.uploads.resolve()
        and os.environ["REDIS_URL"] == settings.CELERY_BROKER_URL
        and not connection.introspection.table_names()
    )


@contextlib.contextmanager
def listening(place: Place) -> Iterator["subprocess.Popen[bytes]"]:
    """The listener, as it runs, in a process of its own."""
    command = [
        sys.executable,
        str(settings.BASE_DIR / "manage.py"),
        "dicom_listener",
        "--address",
        "127.0.0.1",
    ]
    with place.log.open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=end_with_parent)
    try:
        _wait_for(process, settings.DICOM_PORT)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("The listener does not answer.")

"""A portal for one run alone: its folder, database and broker, which all go with it."""

import contextlib
import importlib
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

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
    def now(self) -> Path:
        """The number of the input that is being sent, for who finds the process dead."""
        return self.outgoing / "now"

    def leftovers(self) -> list[Path]:
        """Temporary files of the doors."""
        incoming = self.data / "incoming"
        folders = (self.uploads, self.temporary, *([incoming] if incoming.exists() else []))
        found = [path for folder in folders for path in folder.iterdir()]
        return [*found, *self.data.glob(".part-*"), *self.data.glob("originals/*/.part-*")]

    def unfinished(self) -> list[Path]:
        """Files anywhere that were not finished; looks through everything that is kept."""
        return list(self.data.rglob(".part-*"))


@dataclass(frozen=True)
class Prepared:
    """A place, the command that does the work in it, and its environment."""

    place: Place
    command: list[str]
    environment: dict[str, str]


@contextlib.contextmanager
def prepared(arguments: list[str], server: str = "") -> Iterator[Prepared]:
    """A new place, all of which is deleted at the end.

    server: the address of a MySQL or MariaDB server, for a database of its own there; else it is SQLite.
    """
    broker = _broker()
    folder = Path(tempfile.mkdtemp(prefix="carina-fuzz-"))
    place, mark = Place(folder), secrets.token_hex(16)
    try:
        for path in (place.data, place.uploads, place.temporary, place.outgoing):
            path.mkdir()
        (folder / _MARK_FILE).write_text(mark)
        embedded = broker.prepare(folder / "broker")
        with _database(place, server, mark) as database:
            running = embedded.start()
            try:
                yield Prepared(
                    place,
                    [sys.executable, str(settings.BASE_DIR / "manage.py"), "fuzz_doors", *arguments],
                    _environment(place, embedded.url, mark) | {"DATABASE_URL": database},
                )
            finally:
                running.terminate()
                running.wait(timeout=_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _database(place: Place, server: str, mark: str) -> Iterator[str]:
    """The address of an empty database, which is dropped at the end."""
    if not server:
        yield f"sqlite:///{place.data}/carina.sqlite3"
        return
    name = _name(mark)
    _told(server, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        _told(server, f"DROP DATABASE {name}")


def _told(server: str, command: str) -> None:
    """Have a server do something."""
    import MySQLdb  # only who wants it needs the driver

    url = urlsplit(server)
    line = MySQLdb.connect(
        host=url.hostname or "127.0.0.1",
        port=url.port or 3306,
        user=unquote(url.username or ""),
        passwd=unquote(url.password or ""),
    )
    with contextlib.closing(line), line.cursor() as cursor:
        cursor.execute(command)


def _name(mark: str) -> str:
    return f"carina_fuzz_{mark[:16]}"


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
        if (place.folder / _MARK_FILE).read_text() == mark and _all_inside(place, mark):
            return place
    raise NotOurs


def _all_inside(place: Place, mark: str) -> bool:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        is_own = Path(name).resolve() == (place.data / "carina.sqlite3").resolve()
    else:
        is_own = name == _name(mark)
    return (
        is_own
        and Path(settings.DATA_DIR).resolve() == place.data.resolve()
        and Path(str(settings.FILE_UPLOAD_TEMP_DIR)).resolve() == place.uploads.resolve()
        and os.environ["REDIS_URL"] == settings.CELERY_BROKER_URL
        and not connection.introspection.table_names()
    )

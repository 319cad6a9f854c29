"""script/demo on a small disk of its own, for measurements of what happens when it is full."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESERVE = 32  # megabytes
CANNOT = 77  # the exit status of a program that was skipped
# Runs inside the portal's settings: a token to send with, a doctor's session, and what there is to sign.
INTRODUCTION = """
import json
from django.test import Client
from accounts import tokens
from accounts.models import User
from diagnosis.models import Prediction
doctor = User.objects.get(email="doctor@riverside.example")
clerk = User.objects.get(email="administrator@riverside.example")
client = Client()
client.force_login(doctor, backend="allauth.account.auth_backends.AuthenticationBackend")
found = Prediction.objects.filter(scan__clinic=doctor.clinic).select_related("scan__study")
print(json.dumps({
    "token": tokens.create(clinic=clerk.clinic, name="benchmark", by=clerk)[1],
    "session": client.cookies["sessionid"].value,
    "films": [[str(p.scan.study.public_id), str(p.scan.public_id), str(p.public_id)] for p in found],
}))
"""
COUNT = """
import json, sys
from accounts import audit
from diagnosis.models import Review, Scan
print(json.dumps({
    "scans": {str(i): s for i, s in Scan.objects.values_list("public_id", "status")},
    "reviews": Review.objects.count(),
    "broken": len(list(audit.verify())),
}))
"""


class Portal:
    """script/demo on a small disk, reached from outside. database: the address of one that is elsewhere."""

    def __init__(self, disk: Path, database: str = "") -> None:
        self.disk, self.data = disk, disk / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            **{
                name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
            },
            "MIN_FREE_MEGABYTES": str(RESERVE),
            "CARINA_CXR_DATA": str(disk / "none"),
            "API_RATE": "100000/min",
        }
        self.database = database or f"sqlite:///{self.data}/carina.sqlite3"
        self.environment["DATABASE_URL"] = self.database
        self.printed = Path(tempfile.mkstemp(prefix="carina-disk-full-")[1])
        self.known: dict[str, Any] = {}

    def start(self) -> None:
        command = [
            sys.executable,
            ROOT / "script/supervise.py",
            "--port",
            str(self.port),
            "--data",
            self.data,
        ]
        with self.printed.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        wait("the portal runs", lambda: "Ctrl-C stops" in self.printed.read_text(), 180)
        wait("the demonstration's films are analysed", self._something_to_sign, 120)

    def _something_to_sign(self) -> bool:
        self.known = self.ask(INTRODUCTION)
        return len(self.known["films"]) > 5

    def ask(self, program: str) -> dict:
        """What a program says that runs with the portal's settings, on its database."""
        settings = {
            "SECRET_KEY": (self.data / "secret-key").read_text(),
            "DATA_DIR": str(self.data),
            "HTTPS": "false",
        }
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", program]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment | settings, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])

    def web(self) -> list[str]:
        """The process numbers of the web server's master."""
        listed = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        return [line.split()[0] for line in listed.stdout.splitlines() if "portal.gunicorn" in line]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=90)

    def request(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body of an answer; 0 where there was none."""
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            with OPENER.open(urllib.request.Request(url, body, headers), timeout=90) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()
        except OSError:
            return 0, b""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


def wait(what: str, condition: Callable[[], Any], seconds: float) -> float:
    """Wait for a condition; how long it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise SystemExit(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.2)
    return time.monotonic() - began


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A disk of its own, in memory; SystemExit 77 where none can be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="carina-small-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        folder.rmdir()
        print(f"No disk can be mounted here: {done.stderr.strip()}")
        raise SystemExit(CANNOT)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def fill(disk: Path, leave: int) -> None:
    """Write to the disk until only so many bytes are free."""
    with (disk / "filler").open("ab") as filler, contextlib.suppress(OSError):
        while (room := shutil.disk_usage(disk).free - leave) > 0:
            filler.write(bytes(min(room, 1 << 20)))
            filler.flush()

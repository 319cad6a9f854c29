"""The listener as it runs, in a process of its own, and programs of DCMTK that call it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tests.flows.portal import database_url
from tests.ports import free_port

START_SECONDS = 240  # on a busy machine
AE_TITLE = "XRAY1"


@dataclass
class Door:
    """A running listener."""

    port: int
    process: "subprocess.Popen[bytes]"
    data: Path
    log: Path

    def call(
        self, program: str, *arguments: str | Path, ae_title: str = AE_TITLE, called: str = "CARINA"
    ) -> "subprocess.CompletedProcess[str]":
        """Let a program of DCMTK call."""
        command = [
            program,
            "-aet",
            ae_title,
            "-aec",
            called,
            "-v",
            "127.0.0.1",
            str(self.port),
            *map(str, arguments),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=300)

    def send(self, *films: Path, ae_title: str = AE_TITLE) -> list[int]:
        """The status of each film that storescu sends as it is stored, in order."""
        done = self.call(
            "storescu", "-d", "--no-halt", "-xf", _profile(self.data), "All", *films, ae_title=ae_title
        )
        return statuses(done)

    def incoming(self) -> list[Path]:
        return list((self.data / "incoming").glob("*"))

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def statuses(done: "subprocess.CompletedProcess[str]") -> list[int]:
    """The status of each answer to a film, as DCMTK shows it in its most talkative mode."""
    return [
        int(code, 16)
        for code in re.findall(r"DIMSE Status\s*: 0x([0-9a-fA-F]{4})", done.stderr + done.stdout)
    ]


def start(data: Path, **more: str) -> Door:
    port = free_port()
    data.mkdir(exist_ok=True)
    _profile(data)
    environment = (
        os.environ | {"DATABASE_URL": database_url(), "DATA_DIR": str(data), "DICOM_PORT": str(port)} | more
    )
    command = [sys.executable, "manage.py", "dicom_listener", "--address", "127.0.0.1"]
    log = data / "listener.log"
    with log.open("ab") as file:
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=file, stderr=file)
    door = Door(port, process, data, log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return door
        except OSError:
            time.sleep(0.1)  # the poll of a process that is starting, with a deadline
    process.kill()
    raise AssertionError(f"The listener does not answer:\n{log.read_text()[-3000:]}")


def _profile(folder: Path) -> Path:
    """A file that lets storescu propose every transfer syntax for the kinds that tests send."""
    path = folder / "profile.cfg"
    if not path.exists():
        syntaxes = ("LittleEndianExplicit", "LittleEndianImplicit", "JPEGBaseline", "JPEG2000LosslessOnly")
        kinds = ("ComputedRadiographyImageStorage", "CTImageStorage", "SecondaryCaptureImageStorage")
        lines = ["[[TransferSyntaxes]]"]
        for name in syntaxes:
            lines += [f"[{name}]", f"TransferSyntax1 = {name}"]
        lines += ["[[PresentationContexts]]", "[Films]"]
        pairs = [(kind, name) for kind in kinds for name in syntaxes]
        lines += [
            f"PresentationContext{number} = {kind}\\{name}" for number, (kind, name) in enumerate(pairs, 1)
        ]
        lines += ["[[Profiles]]", "[All]", "PresentationContexts = Films"]
        path.write_text("\n".join(lines) + "\n")
    return path

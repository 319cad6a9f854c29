"""Real archives: DCMTK's storescp on a port of its own, and a small HTTP server that takes STOW-RS."""

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from accounts.models import Clinic
from diagnosis.models import Archive
from tests.ports import free_port


@dataclass
class Pacs:
    """A running storescp; `films` are the files that it has written."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def films(self) -> list[Path]:
        return sorted(self.folder.iterdir())


@pytest.fixture
def start_pacs(tmp_path: Path) -> Iterator[Callable[..., Pacs]]:
    if shutil.which("storescp") is None:
        pytest.skip("DCMTK's storescp is not installed")
    running: list[Pacs] = []

    def start(*options: str, port: int = 0) -> Pacs:
        folder = tmp_path / f"pacs-{len(running)}"
        folder.mkdir()
        port = port or free_port()
        command = ["storescp", *options, "-aet", "ARCHIVE", "-od", str(folder), str(port)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.append(Pacs(port, folder, process))
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return running[-1]
            time.sleep(0.05)
        raise AssertionError("storescp does not listen")

    yield start
    for pacs in running:
        pacs.process.kill()
        pacs.process.wait()


@dataclass
class Stow:
    """A DICOMweb archive: what it was sent, and what it answers next."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    most_padding: int = 0  # bytes that it sends after its answer, unless the other side hangs up before
    padding_sent: int = 0

    def refuse(self, uid: str, reason: int, status: int = 409) -> None:
        failed = {"00081155": {"vr": "UI", "Value": [uid]}, "00081197": {"vr": "US", "Value": [reason]}}
        self.status, self.answer = status, json.dumps({"00081198": {"vr": "SQ", "Value": [failed]}}).encode()


@pytest.fixture
def stow() -> Iterator[Stow]:
    archive = Stow()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            archive.requests.append((self.path, dict(self.headers), body))
            self.send_response(archive.status)
            for name, value in archive.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(archive.answer)
            with contextlib.suppress(OSError):
                while archive.padding_sent < archive.most_padding:
                    archive.padding_sent += self.wfile.write(b" " * 65536)

        def do_GET(self) -> None:
            archive.requests.append((self.path, dict(self.headers), b""))
            self.send_response(archive.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    archive.url = f"http://127.0.0.1:{server.server_address[1]}/dicom-web"
    yield archive
    server.shutdown()
    server.server_close()


def dicom_archive(clinic: Clinic, port: int, **facts: object) -> Archive:
    values = {"name": "PACS", "protocol": "c-store", "host": "127.0.0.1", "port": port, "ae_title": "ARCHIVE"}
    return Archive.objects.create(clinic=clinic, **values | facts)


def web_archive(clinic: Clinic, url: str, **facts: object) -> Archive:
    values = {"name": "Web", "protocol": "stow", "url": url, "credentials": "Bearer secret-word"}
    return Archive.objects.create(clinic=clinic, **values | facts)

"""The portal's web server as it runs, with short deadlines, and a client that can be slow."""

import os
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

START_SECONDS = 60
PATIENCE = 30
# Deadlines are shortened in each of gunicorn's processes.
STARTER = """
from gunicorn.app.wsgiapp import run
from portal import gunicorn
from portal.server import connection

def shorten(worker):
    from portal.server import body
    connection.SECONDS_FOR_HEADERS, connection.READ_WINDOW = 2.0, 1.0
    body.SECONDS_FOR_A_FORM, body.SECONDS_WITHOUT_A_BYTE, body.GRACE, body.MOST_AT_ONCE = 2.0, 2.0, 2.0, 2

gunicorn.post_worker_init = shorten
run()
"""


@dataclass
class Server:
    """A running web server: where it is, its process, and its log."""

    port: int
    process: "subprocess.Popen[bytes]"
    folder: Path
    host: str = "127.0.0.1"

    @property
    def log(self) -> str:
        return (self.folder / "web.log").read_text(errors="replace")

    def line(self, *, buffer: int = 0) -> socket.socket:
        line = socket.socket()
        if buffer:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        line.settimeout(PATIENCE)
        line.connect((self.host, self.port))
        return line

    def ask(self, head: str, body: bytes = b"") -> bytes:
        """The whole answer to a request that closes its connection."""
        with self.line() as line:
            line.sendall(request(head, "Connection: close") + body)
            return everything(line)

    def answers(self) -> bool:
        return self.ask("GET /healthz HTTP/1.1").startswith(b"HTTP/1.1 200")

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(number) for number in listed.split()]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


def request(head: str, *headers: str) -> bytes:
    lines = [*head.split("\n"), "Host: 127.0.0.1", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def everything(line: socket.socket) -> bytes:
    """What comes until the server closes; a connection that was cut off counts as closed."""
    received = b""
    while True:
        try:
            piece = line.recv(65536)
        except ConnectionError:
            return received
        if not piece:
            return received
        received += piece


def start(folder: Path, host: str = "127.0.0.1", **more: str) -> Server:
    port = free_port()
    for name in ("data", "static", "uploads"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "static" / "large.bin").write_bytes(os.urandom(1024 * 1024) * 30)
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(folder / "data"),
        "UPLOAD_DIR": str(folder / "uploads"),
        "STATIC_ROOT": str(folder / "static"),
        "WEB_CONCURRENCY": "1",
        "MAX_REQUEST_MEGABYTES": "2",
    }
    command = [sys.executable, "-c", STARTER, "--config", "python:portal.gunicorn"]
    with (folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--bind", f"{host}:{port}", "portal.wsgi"],
            cwd=settings.BASE_DIR, env=environment | more, stdout=log, stderr=log,
        )  # fmt: skip
    server = Server(port, process, folder, host)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if server.answers():
                return server
        except OSError:
            time.sleep(0.1)  # the poll of a process that is starting, with a deadline
    process.kill()
    raise AssertionError(f"The web server does not answer:\n{server.log[-3000:]}")

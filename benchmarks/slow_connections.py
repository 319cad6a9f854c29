"""Measures how long an honest request takes while strangers hold slow connections open.

    .venv/bin/python benchmarks/slow_connections.py [--connections 200] [--seconds 10] [--film]

Each kind of slow client is tried in turn, on gunicorn's own threads as they were before and on the portal's
server. Target: every honest request is answered within a second. With --film a clinic's computer then sends a
film of 5 MB over a line of 64 kbit/s, which takes more than ten minutes, and it must arrive.
"""

import argparse
import contextlib
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import trial  # first: it sets Django up

from accounts import tokens
from accounts.models import Approval, Role, User

TARGET = 1.0
PATIENCE = 5.0
HEAD = b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000\r\n\r\n"
BIG = b"GET /static/vendor/bootstrap/css/bootstrap.min.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
GTHREAD = ["--worker-class", "gthread", "--threads", "4"]
LINE = 8_000  # bytes a second: 64 kbit/s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--film", action="store_true", help="send a film over a slow line, for ten minutes")
    options = parser.parse_args()
    print(f"{options.connections} slow connections; {trial.machine()}")
    trial.set_up()
    os.environ |= {"STATIC_ROOT": str(trial.FOLDER / "static"), "HASHED_STATIC": "false"}
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(collect, cwd=trial.ROOT, check=True)
    held = True
    for name, more in (("gthread, 8 connections", GTHREAD), ("the portal's server", [])):
        count = 8 if more else options.connections
        with server(more) as port:
            print(f"{name}:")
            for kind, client in KINDS.items():
                held &= bool(more) | attacked(port, kind, client, count, options.seconds)
            if options.film and not more:
                held &= film_arrives(port)
    print("held" if held else "MISSED")
    return 0 if held else 1


@contextlib.contextmanager
def server(more: list[str]) -> Iterator[int]:
    """The portal on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "--config", "python:portal.gunicorn", *more,
        "--bind", f"127.0.0.1:{port}", "portal.wsgi",
    ]  # fmt: skip
    log = (trial.FOLDER / "web.log").open("ab")
    process = subprocess.Popen(command, cwd=trial.ROOT, stdout=log, stderr=log)
    try:
        while honest(port) is None:
            time.sleep(0.2)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        log.close()


def honest(port: int) -> float | None:
    """The seconds that a page takes, or None where none comes."""
    began = time.monotonic()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/accounts/login/")
        good = connection.getresponse().read()
    except OSError:
        return None
    return time.monotonic() - began if good else None


def slow_headers(line: socket.socket) -> Iterator[None]:
    line.sendall(HEAD)
    while True:
        yield
        line.sendall(b"X-A: b\r\n")


def slow_body(line: socket.socket) -> Iterator[None]:
    line.sendall(HEAD.replace(b"GET", b"POST") + FORM)
    while True:
        yield
        line.sendall(b"a")


def slow_reader(line: socket.socket) -> Iterator[None]:
    line.sendall(BIG)
    while True:
        yield
        line.recv(16)


def half_open(line: socket.socket) -> Iterator[None]:
    line.sendall(HEAD[:20])
    while True:
        yield


def idle(line: socket.socket) -> Iterator[None]:
    line.sendall(HEAD + b"\r\n")
    while True:
        yield


KINDS: dict[str, Callable[[socket.socket], Iterator[None]]] = {
    "slow headers": slow_headers,
    "slow bodies": slow_body,
    "slow readers": slow_reader,
    "half-open": half_open,
    "idle, kept alive": idle,
}


def attacked(port: int, kind: str, client: Callable[..., Iterator[None]], count: int, seconds: float) -> bool:
    """Whether honest requests stay below the target; slow clients come back when they are thrown out."""
    ends = time.monotonic() + seconds
    keeper = threading.Thread(target=_keep_open, args=(port, client, count, ends))
    keeper.start()
    times: list[float] = []
    lost = 0
    time.sleep(1)
    while time.monotonic() < ends:
        took = honest(port)
        times += [took] if took is not None else []
        lost += took is None
        time.sleep(0.1)
    keeper.join()
    median, worst = (statistics.median(times), max(times)) if times else (PATIENCE, PATIENCE)
    print(f"  {kind:18} {len(times):4} answered, {lost:3} not; median {median:.3f} s, slowest {worst:.3f} s")
    return not lost and worst < TARGET


def _keep_open(port: int, client: Callable[..., Iterator[None]], count: int, ends: float) -> None:
    lines: dict[socket.socket, Iterator[None]] = {}
    while time.monotonic() < ends:
        for line, steps in list(lines.items()):
            try:
                next(steps)
            except OSError:
                line.close()
                del lines[line]
        while len(lines) < count:
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.settimeout(2)
            try:
                line.connect(("127.0.0.1", port))
            except OSError:
                break
            lines[line] = client(line)
        time.sleep(0.5)
    for line in lines:
        line.close()


def film_arrives(port: int) -> bool:
    """Whether a film of 5 MB over a slow line is taken."""
    film = trial.films(1)[0]
    film += bytes(
        5_000_000 - len(film)
    )  # what follows the picture counts as little as it would in a PACS export
    head = (
        b'--b\r\nContent-Disposition: form-data; name="patient_number"\r\n\r\nS-1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="film"; filename="a.png"\r\n\r\n'
    )
    body = head + film + b"\r\n--b--\r\n"
    line = socket.create_connection(("127.0.0.1", port), timeout=60)
    line.sendall(
        b"POST /api/v1/studies/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token " + _token().encode()
        + b"\r\nContent-Type: multipart/form-data; boundary=b\r\nConnection: close\r\n"
        + f"Content-Length: {len(body)}\r\n\r\n".encode()
    )  # fmt: skip
    began = time.monotonic()
    for start in range(0, len(body), LINE):
        line.sendall(body[start : start + LINE])
        time.sleep(max(0.0, began + (start + LINE) / LINE - time.monotonic()))
    answer = line.makefile("rb").read()
    status = answer.split(b" ", 2)[1].decode()
    print(f"  a film of 5 MB at 64 kbit/s: {status} after {time.monotonic() - began:.0f} s")
    return status == "201"


def _token() -> str:
    study = trial.Study.objects.get()
    person = User.objects.create_user(
        "a@example.org",
        clinic=study.clinic,
        role=Role.ADMINISTRATOR,
        approval=Approval.APPROVED,
        is_staff=True,
    )
    return tokens.create(clinic=study.clinic, name="benchmark", by=person)[1]


if __name__ == "__main__":
    sys.exit(main())

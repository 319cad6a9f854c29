"""A temporary portal for a measurement: database, data folder, broker and workers.

Importing this module sets Django up with a fresh data folder; import it before anything of the portal.
DATABASE_URL, if set, must name an empty database (the tables stay behind); otherwise SQLite is used.
"""

import atexit
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from script import broker

FOLDER = Path(tempfile.mkdtemp(prefix="carina-benchmark-"))
BROKER = broker.prepare(FOLDER / "broker")
os.environ |= {
    "DATA_DIR": str(FOLDER),
    "DEBUG": "false",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "HTTPS": "false",
    "LOG_LEVEL": "WARNING",
    "REDIS_URL": BROKER.url,
    "SECRET_KEY": "only-for-a-measurement",
}
os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER / 'carina.sqlite3'}")
_server = BROKER.start()

import django

django.setup()

import numpy as np
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from accounts.models import Clinic
from diagnosis.imaging.phantom import KINDS, draw_phantom
from diagnosis.models import Patient, Scan, ScanStatus, Study
from diagnosis.services import registry
from diagnosis.services.intake.films import receive


@atexit.register
def _clear() -> None:
    _server.terminate()
    _server.wait()
    shutil.rmtree(FOLDER, ignore_errors=True)


def set_up() -> Study:
    """Create the tables, activate the shipped network, and return a study that films can be sent to."""
    call_command("migrate", verbosity=0, interactive=False)
    shipped = registry.register(bundle_path=registry.shipped_bundle(), actor="benchmark")
    registry.promote(model_version=shipped, actor="benchmark")
    clinic = Clinic.objects.get_or_create(name="Benchmark")[0]
    patient = Patient.objects.get_or_create(clinic=clinic, number="1")[0]
    return Study.objects.create(clinic=clinic, patient=patient)


def films(count: int, seed: int = 0) -> list[bytes]:
    """Phantoms as PNG, 1024 × 1024 pixels, each with its own noise."""
    noise = np.random.default_rng(seed)
    chests = [np.asarray(draw_phantom(seed=seed, kind=kind), dtype=np.int16) for kind in KINDS]
    made = []
    for number in range(count):
        levels = chests[number % len(chests)] + noise.integers(-6, 7, chests[0].shape, dtype=np.int16)
        stream = io.BytesIO()
        Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).save(stream, "PNG", compress_level=1)
        made.append(stream.getvalue())
    return made


def send(study: Study, film: bytes, name: str) -> Scan:
    """Send a film through the normal intake, into its own study, as most films are."""
    own = Study.objects.create(clinic=study.clinic, patient=study.patient)
    stream = io.BytesIO(film)
    return receive(study=own, film=stream, name=name, actor="benchmark", is_phantom=True).scan


@contextmanager
def workers(processes: int) -> Iterator[None]:
    """Run a worker with this many processes, as script/demo starts it, without beat and sweeper."""
    with (FOLDER / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [
                sys.executable, "-m", "celery", "-A", "portal", "worker", "--pool=prefork",
                f"--concurrency={processes}", "--prefetch-multiplier=1", "--queues=analysis,upkeep",
                "--loglevel=WARNING", "--without-mingle",
            ],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def wait_until_done(expected: int, *, look_every: float = 0.005, seconds: float = 600) -> None:
    """Wait until this many films are analysed; exit if one was refused or failed."""
    deadline = time.monotonic() + seconds
    while Scan.objects.filter(status=ScanStatus.ANALYSED).count() < expected:
        ended = Scan.objects.filter(status__in=[ScanStatus.REFUSED, ScanStatus.FAILED]).first()
        if ended is not None:
            sys.exit(f"A film was not analysed: {ended.reason}")
        if time.monotonic() > deadline:
            sys.exit(f"After {seconds:.0f} s not every film is analysed: see {FOLDER / 'worker.log'}.")
        time.sleep(look_every)  # checking too often would slow down what is measured


def warm_up(study: Study, processes: int) -> int:
    """Let every process load its network; returns the number of films that took."""
    count = 6 * processes
    already = Scan.objects.count()
    for number, film in enumerate(films(count, seed=1000 + already)):
        send(study, film, f"warm-{number}.png")
    wait_until_done(already + count)
    return count


def machine() -> str:
    """A line about the machine and database of the measurement."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    engine = os.environ["DATABASE_URL"].partition(":")[0]
    return f"{cores} cores, load {load:.1f} before, database {engine}, {timezone.now():%Y-%m-%d %H:%M} UTC"

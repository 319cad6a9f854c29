"""A temporary portal for a measurement: database, data folder, broker and workers.

Importing this module sets Django up with a fresh data folder; import it before anything of the portal.
DATABASE_URL, if set, must name an empty database (the tables stay behind); otherwise SQLite is used.
"""

import atexit
import io
import os
import shutil
import signal
import socket
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


def set_up(bundle: Path | None = None) -> Study:
    """Create the tables, activate a network (the shipped one), and return a study to send films to."""
    call_command("migrate", verbosity=0, interactive=False)
    network = registry.register(bundle_path=bundle or registry.shipped_bundle(), actor="benchmark")
    registry.promote(model_version=network, actor="benchmark")
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
def workers(processes: int) -> Iterator[int]:
    """Run a worker with this many processes, as script/demo starts it, without beat and sweeper; its id."""
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
        yield worker.pid
    finally:
        _stop(worker)


@contextmanager
def usual_demo(model: Path) -> Iterator[tuple[int, str]]:
    """Run `usual_demo.py` on one thread, as a worker's network runs; its process and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
    with (FOLDER / "demo.log").open("ab") as log:
        demo = subprocess.Popen(
            [sys.executable, str(ROOT / "benchmarks/usual_demo.py"), str(model), str(port)],
            env=os.environ | one_thread | {"TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for_port(port, demo)
        yield demo.pid, f"http://127.0.0.1:{port}/"
    finally:
        _stop(demo)


def _wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    sys.exit(f"The usual demo does not answer: {(FOLDER / 'demo.log').read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def cpu_seconds(session: int) -> float:
    """The processor's time of a process that leads a session, of all in that session and of their dead."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[3]) == session:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def analysed() -> int:
    """How many films are analysed."""
    return Scan.objects.filter(status=ScanStatus.ANALYSED).count()


def wait_until_done(expected: int, *, look_every: float = 0.005, seconds: float = 600) -> None:
    """Wait until this many films are analysed; exit if one was refused or failed."""
    deadline = time.monotonic() + seconds
    while analysed() < expected:
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

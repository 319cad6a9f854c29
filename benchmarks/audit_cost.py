"""Measures how long a reader waits for a study's page while others write to the audit chain.

    .venv/bin/python benchmarks/audit_cost.py [--writers 32] [--pages 60] [--rounds 3]
    DATABASE_URL=mysql://root@127.0.0.1:3306/empty .venv/bin/python benchmarks/audit_cost.py

Writers correct patients' records as fast as they can, each correction with its event, while one reader opens
studies that they have not seen in this sitting, so that every page is a look on record. Looks are chained
every few seconds, as beat does it. --at-once measures AUDIT_DEFER_LOOKS=false as well, where each look waits
for the chain; with SQLite such a page may wait until it fails. Target: with writers, p95 is at most twice
that without.
"""

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

os.environ["HASHED_STATIC"] = "false"  # nothing was collected for a measurement
if "--write" not in sys.argv:
    import trial  # first: it sets Django up

    os.environ["PYTHONPATH"] = str(trial.ROOT)  # for the writers
else:
    import django

    django.setup()

from django.conf import settings
from django.db import OperationalError
from django.test import Client

from accounts import audit
from accounts.models import Approval, AuditEvent, Clinic, Role, User
from diagnosis.services import patients, studies

TARGET = 2.0
PROCESSES = 4
WARM_UP = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=int, default=32)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", action="store_true", help="measure looks that wait for the chain, too")
    parser.add_argument("--write", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        return write(options.write)
    where = trial.machine()
    addresses = set_up(options.pages)
    settings.ALLOWED_HOSTS = ["testserver"]
    ways = (True, False) if options.at_once else (True,)
    held = {deferred: measure(options, addresses, deferred) for deferred in ways}
    print(f"{options.rounds} × {options.pages} pages, {options.writers} writers; {where}")
    for deferred, (quiet, busy, events) in held.items():
        print(f"  looks {'on disk, chained later' if deferred else 'chained at once'}:")
        for what, pages in (("no writers", quiet), (f"{options.writers} writers", busy)):
            print(f"    {what:12} p50 {middle(pages):6.0f} ms, p95 {late(pages):6.0f} ms")
        ratio = late(busy) / late(quiet)
        print(f"    p95 is {ratio:.2f} × that of no writers, who wrote {events:.0f} events/s")
    looks = AuditEvent.objects.filter(action="study.viewed").count()
    wanted = len(ways) * (2 * options.rounds * options.pages + WARM_UP)
    print(f"  every look is in the chain: {looks} of {wanted}")
    quiet, busy, _ = held[True]
    ratio = late(busy) / late(quiet)
    kept = ratio <= TARGET and looks == wanted
    print(f"  {ratio:.2f} × (at most {TARGET:.0f} × wanted): {'held' if kept else 'MISSED'}")
    return 0 if kept else 1


def set_up(pages: int) -> list[str]:
    """A doctor, and studies to open."""
    trial.set_up()
    clinic = Clinic.objects.get(name="Benchmark")
    User.objects.get_or_create(
        email="reader@a.example",
        defaults={"clinic": clinic, "role": Role.DOCTOR, "approval": Approval.APPROVED},
    )
    patient = patients.find_or_create_patient(clinic=clinic, number="1", actor="benchmark")
    made = [studies.create_study(patient=patient, actor="benchmark") for _ in range(pages)]
    return [f"/studies/{study.public_id}/" for study in made]


def measure(
    options: argparse.Namespace, addresses: list[str], deferred: bool
) -> tuple[list[float], list[float], float]:
    """Milliseconds of each page without writers and with them, and what they wrote a second."""
    settings.AUDIT_DEFER_LOOKS = deferred
    quiet: list[float] = []
    busy: list[float] = []
    rates: list[float] = []
    read(addresses[:WARM_UP])
    with chained_every_few_seconds():
        for _ in range(options.rounds):  # in turns, so that a machine that warms up favours neither
            quiet += read(addresses)
            client = signed_in()  # before the writers begin: signing in is a change, and waits for them
            with writers(options.writers):
                before, began = events(), time.monotonic()
                busy += read(addresses, client)
                rates.append((events() - before) / (time.monotonic() - began))
    audit.chain_looks()
    return quiet, busy, statistics.median(rates)


def signed_in() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(email="reader@a.example"))
    return client


def read(addresses: list[str], client: Client | None = None) -> list[float]:
    """Milliseconds of each page, in a sitting of its own."""
    client, took = client or signed_in(), []
    for address in addresses:
        began = time.perf_counter()
        answer = client.get(address)
        took.append(1e3 * (time.perf_counter() - began))
        if answer.status_code != 200:
            print(f"    {address} answered {answer.status_code} after {took[-1]:.0f} ms")
    return took


def events() -> int:
    return AuditEvent.objects.exclude(action__endswith=".viewed").count()


@contextmanager
def chained_every_few_seconds() -> Iterator[None]:
    """What beat and a worker do, in a process of their own."""
    code = (
        "import time, django; django.setup()\n"
        "from accounts import audit\n"
        "while True: time.sleep(5); audit.chain_looks()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=trial.ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def writers(count: int) -> Iterator[None]:
    """Run the writers, and wait until they have begun."""
    each = max(1, count // PROCESSES)
    command = [sys.executable, __file__, "--write", str(each)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, cwd=trial.ROOT) for _ in range(count // each)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            if not process.stdout.readline():
                sys.exit("A writer did not begin.")
        yield
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


def write(threads: int) -> int:
    """Correct patients' records until killed, in so many threads."""
    clinic = Clinic.objects.get(name="Benchmark")

    def correct(number: str) -> None:
        turn, patient = 0, None
        while True:
            try:
                patient = patient or patients.find_or_create_patient(
                    clinic=clinic, number=number, actor="benchmark"
                )
                patients.update_patient(patient=patient, actor="benchmark", last_name=f"Name {turn}")
            except OperationalError:  # SQLite's queue is not fair: one writer may wait for thirty seconds
                continue
            turn += 1
            started.set()

    started = threading.Event()
    for number in range(threads):
        threading.Thread(target=correct, args=(f"{os.getpid()}-{number}",), daemon=True).start()
    started.wait()
    print("writing", flush=True)
    parent = os.getppid()
    while os.getppid() == parent:  # they end with the measurement, however it ends
        time.sleep(1)
    return 0


def middle(values: list[float]) -> float:
    return statistics.median(values)


def late(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[94]


if __name__ == "__main__":
    sys.exit(main())

"""Measures how long one clinic's film waits while another clinic floods the queue.

    .venv/bin/python benchmarks/fair_share.py [--flood 500] [--films 20] [--processes 2]

1. Films of clinic B alone, one after the other: the normal time from received to analysed.
2. Clinic A sends its flood at once.
3. Films of B again, while A's still wait. Target: B waits at most three times its normal time.
"""

import argparse
import statistics
import sys
import time

import trial  # first: it sets Django up

from accounts.models import Clinic
from diagnosis.models import Patient, Scan, ScanStatus, Study

TARGET = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flood", type=int, default=500)
    parser.add_argument("--films", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    where = trial.machine()
    flooding = trial.set_up()
    other = study_of("Another clinic")
    with trial.workers(options.processes):
        trial.warm_up(other, options.processes)
        alone = [waited(other, film) for film in trial.films(options.films, seed=1)]
        for number, film in enumerate(trial.films(options.flood, seed=2)):
            trial.send(flooding, film, f"flood-{number}.png")
        beside = [waited(other, film) for film in trial.films(options.films, seed=3)]
        left = Scan.objects.filter(clinic=flooding.clinic, status=ScanStatus.QUEUED).count()
    return report(options, where, alone, beside, left)


def study_of(clinic_name: str) -> Study:
    clinic = Clinic.objects.create(name=clinic_name)
    return Study.objects.create(clinic=clinic, patient=Patient.objects.create(clinic=clinic, number="1"))


def waited(study: Study, film: bytes) -> float:
    """Seconds from sending this film until its result is stored."""
    began = time.perf_counter()
    scan = trial.send(study, film, "film.png")
    while Scan.objects.filter(pk=scan.pk).exclude(status=ScanStatus.ANALYSED).exists():
        if time.perf_counter() - began > 300:
            sys.exit(f"A film waits for five minutes: see {trial.FOLDER / 'worker.log'}.")
        time.sleep(0.01)
    return time.perf_counter() - began


def report(
    options: argparse.Namespace, where: str, alone: list[float], beside: list[float], left: int
) -> int:
    if left == 0:
        sys.exit("The flood was over before the last film: ask for a larger --flood.")
    print(f"{options.films} films of one clinic, {options.flood} of another; {where}")
    for name, seconds in (("alone", alone), ("beside the flood", beside)):
        print(f"  {name}: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s")
    ratio = statistics.median(beside) / statistics.median(alone)
    held = ratio <= TARGET
    print(
        f"  {left} of the flood still waited at the end; beside it a film takes {ratio:.1f} times its normal "
        f"time, the longest {max(beside) / max(alone):.1f} times (at most {TARGET:.0f} wanted): "
        f"{'held' if held else 'MISSED'}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

"""Measures films per second through the real queue, with one worker process and with two.

    .venv/bin/python benchmarks/throughput.py [--films 200] [--rounds 3]

The films are queued before the clock starts; it runs from the first claim to the last stored result.
Target: two processes reach at least 85 % of twice one process's rate.
"""

import argparse
import statistics
import sys

import trial  # first: it sets Django up

from diagnosis.models import Scan

TARGET = 0.85


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    where = trial.machine()
    study = trial.set_up()
    rates: dict[int, list[float]] = {1: [], 2: []}
    for number in range(options.rounds):
        for processes in (1, 2) if number % 2 == 0 else (2, 1):  # a machine that warms up favours neither
            rates[processes].append(rate(study, processes, options.films, seed=10 * number + processes))
    one, two = statistics.median(rates[1]), statistics.median(rates[2])
    ratio = two / (2 * one)
    print(f"{options.films} films of 1024 × 1024 pixels, {options.rounds} rounds; {where}")
    for processes, values in rates.items():
        each = ", ".join(f"{value:.1f}" for value in values)
        print(f"  {processes} process{'es' if processes > 1 else ''}: {each} films/s")
    print(
        f"  median {one:.1f} and {two:.1f} films/s: two reach {ratio:.0%} of twice one "
        f"(at least {TARGET:.0%} wanted): {'held' if ratio >= TARGET else 'MISSED'}"
    )
    return 0 if ratio >= TARGET else 1


def rate(study: "trial.Study", processes: int, films: int, seed: int) -> float:
    """Films per second of a worker with its network loaded, over a queue that never runs dry.

    Each process first takes warm-up films; only the last `films` to finish count.
    """
    before = Scan.objects.count()
    extra = 8 * processes
    for number, film in enumerate(trial.films(films + extra, seed=seed)):
        trial.send(study, film, f"{seed}-{number}.png")
    with trial.workers(processes):
        trial.wait_until_done(before + films + extra, look_every=0.25)
    ends = sorted(
        moment.timestamp()
        for moment in Scan.objects.order_by("pk").values_list("finished_at", flat=True)[before:]
        if moment is not None
    )[extra - 1 :]
    return films / (ends[-1] - ends[0])


if __name__ == "__main__":
    sys.exit(main())

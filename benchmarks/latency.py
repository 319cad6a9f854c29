"""Measures the time that an idle portal adds to decoding and the network, from arrival to stored result.

    .venv/bin/python benchmarks/latency.py [--films 40]

Films are sent one at a time, each when the one before is done. The added time is the portal's own: intake,
queue, pictures for the pages, database. Target: a median of at most 300 ms.
"""

import argparse
import statistics
import sys
import time

import trial  # first: it sets Django up

from diagnosis.models import Prediction

TARGET = 300.0
NETWORK = ("decode", "preprocess", "network")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=40)
    options = parser.parse_args()
    where = trial.machine()
    study = trial.set_up()
    totals: list[float] = []
    added: list[float] = []
    steps: dict[str, list[float]] = {}
    with trial.workers(1):
        done = trial.warm_up(study, 1)
        for number, film in enumerate(trial.films(options.films)):
            began = time.time()
            scan = trial.send(study, film, f"{number}.png")
            received = time.time()
            done += 1
            trial.wait_until_done(done)
            seen = time.time()
            prediction = Prediction.objects.select_related("scan").get(scan=scan)
            timings = dict(prediction.timings_ms)
            total = 1e3 * (seen - began)
            totals.append(total)
            added.append(total - sum(timings[name] for name in NETWORK))
            for name, value in (timings | {"intake": 1e3 * (received - began)}).items():
                steps.setdefault(name, []).append(value)
    print(f"{options.films} films of 1024 × 1024 pixels, one at a time; {where}")
    for name in ("intake", "queue", "load", "decode", "derive", "model", "preprocess", "network", "heatmap"):
        print(f"  {name:12}{statistics.median(steps[name]):8.1f} ms (median)")
    print(
        f"  start to result: median {statistics.median(totals):.0f} ms, p95 {percentile(totals, 95):.0f} ms"
    )
    median = statistics.median(added)
    ratio = median / TARGET
    print(
        f"  added over decode and network: median {median:.0f} ms, p95 {percentile(added, 95):.0f} ms; "
        f"{ratio:.2f} of the {TARGET:.0f} ms allowed: {'held' if ratio <= 1 else 'MISSED'}"
    )
    return 0 if ratio <= 1 else 1


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    sys.exit(main())

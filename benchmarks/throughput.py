"""Measures films per second through the real queue with one worker process and two, and the usual demo's.

    .venv/bin/python benchmarks/throughput.py [--films 200] [--rounds 3] [--bundle B] [--up X --down Y]

The films are queued before the clock starts; it runs from the first claim to the last stored result, with
everything kept: film, display image, thumbnail, heatmap, prediction, statistics, audit chain. The usual demo
(`usual_demo.py`, needs TensorFlow) gets the same films by HTTP one after the other, keeps nothing, and runs
the same network on one thread, as our worker does. Both are measured in turns. CPU is the processor's time of
a film, in the processes that answer alone: on a machine with other work it says more than the clock.

--up, --down: measure as if the card of the bundle named this reach of looks (`cnn/uncertainty.py`), which
bundles made before it was measured do not name.
Targets: two processes reach at least 85 % of twice one process's rate; one reaches twice the demo's rate.
"""

import argparse
import json
import shutil
import statistics
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import trial  # first: it sets Django up

from diagnosis.cnn.bundle import CARD, SUMS, load_bundle, write_bundle
from diagnosis.models import Prediction, Scan
from diagnosis.services import registry

TARGET = 0.85
DEMO_TARGET = 2.0


@dataclass
class Measured:
    """The films per second of each round, and the milliseconds of CPU that a film took."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, rate: float, cpu: float) -> None:
        self.rates.append(rate)
        self.cpu.append(1e3 * cpu)

    def __str__(self) -> str:
        each = ", ".join(f"{value:.1f}" for value in self.rates)
        return f"{each} films/s; CPU {statistics.median(self.cpu):.0f} ms a film"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bundle", type=Path, default=registry.shipped_bundle())
    parser.add_argument("--up", type=float)
    parser.add_argument("--down", type=float)
    options = parser.parse_args()
    where = trial.machine()
    bundle = options.bundle if options.up is None else with_reach(options.bundle, options.up, options.down)
    study = trial.set_up(bundle)
    ways: dict[str, Measured] = {name: Measured() for name in ("1 process", "2 processes", "usual demo")}
    if find_spec("tensorflow") is None:
        del ways["usual demo"]
    for number in range(options.rounds):
        for way in list(ways)[:: 1 if number % 2 == 0 else -1]:  # a machine that warms up favours none
            seed = 10 * number + list(ways).index(way)
            if way == "usual demo":
                ways[way].add(*demo_rate(bundle, options.films, seed))
            else:
                ways[way].add(*rate(study, int(way[0]), options.films, seed))
    print(f"{options.films} films of 1024 × 1024 pixels, {options.rounds} rounds; {where}")
    for way, measured in ways.items():
        print(f"  {way:12} {measured}")
    print(f"  looks × films: {looks()}")
    return report(ways)


def report(ways: dict[str, Measured]) -> int:
    """Print the ratios; 1 if a target was missed."""
    one, two = (statistics.median(ways[name].rates) for name in ("1 process", "2 processes"))
    ratio = two / (2 * one)
    print(
        f"  median {one:.1f} and {two:.1f} films/s: two reach {ratio:.0%} of twice one "
        f"(at least {TARGET:.0%} wanted): {'held' if ratio >= TARGET else 'MISSED'}"
    )
    if "usual demo" not in ways:
        print("  the usual demo was not measured: TensorFlow is not installed here")
        return 0 if ratio >= TARGET else 1
    demo, ours = ways["usual demo"], ways["1 process"]
    times = one / statistics.median(demo.rates)
    print(
        f"  one process keeps everything and does {times:.2f} × the usual demo "
        f"(at least {DEMO_TARGET:g} × wanted): {'held' if times >= DEMO_TARGET else 'MISSED'}; by CPU a film "
        f"{statistics.median(demo.cpu) / statistics.median(ours.cpu):.2f} ×"
    )
    return 0 if ratio >= TARGET and times >= DEMO_TARGET else 1


def looks() -> str:
    """How many films were looked at how often."""
    stored = Prediction.objects.values_list("uncertainty", flat=True)
    seen = Counter(len(uncertainty["p_abnormal"]) for uncertainty in stored)
    return ", ".join(f"{count} × {films}" for count, films in sorted(seen.items()))


def with_reach(path: Path, up: float, down: float) -> Path:
    """A copy of a bundle whose card names this reach of looks."""
    bundle = load_bundle(path)

    def build(folder: Path) -> dict[str, object]:
        for file in bundle.path.iterdir():
            if file.name not in (CARD, SUMS):
                shutil.copyfile(file, folder / file.name)
        return bundle.card | {"looks": {"up": up, "down": down}}

    return write_bundle(trial.FOLDER / "bundle", build=build).path


def rate(study: "trial.Study", processes: int, films: int, seed: int) -> tuple[float, float]:
    """Films per second, and seconds of CPU a film, of a worker with its network loaded.

    Each process first takes warm-up films; only the last `films` to finish count.
    """
    before = Scan.objects.count()
    extra = 8 * processes
    for number, film in enumerate(trial.films(films + extra, seed=seed)):
        trial.send(study, film, f"{seed}-{number}.png")
    with trial.workers(processes) as worker:
        trial.wait_until_done(before + extra, look_every=0.1)
        began, done = trial.cpu_seconds(worker), trial.analysed()
        trial.wait_until_done(before + films + extra, look_every=0.25)
        cpu = (trial.cpu_seconds(worker) - began) / (trial.analysed() - done)
    ends = sorted(
        moment.timestamp()
        for moment in Scan.objects.order_by("pk").values_list("finished_at", flat=True)[before:]
        if moment is not None
    )[extra - 1 :]
    return films / (ends[-1] - ends[0]), cpu


def demo_rate(bundle: Path, films: int, seed: int) -> tuple[float, float]:
    """Films per second, and seconds of CPU a film, of the usual demo with its network loaded."""
    bodies = trial.films(films, seed=seed)
    with trial.usual_demo(load_bundle(bundle).keras_model) as (process, url):

        def ask(body: bytes) -> None:
            request = urllib.request.Request(url, body, {"Content-Type": "application/octet-stream"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert json.load(answer)["probabilities"]

        for body in bodies[:8]:
            ask(body)
        cpu, began = trial.cpu_seconds(process), time.monotonic()
        for body in bodies:
            ask(body)
        wall = time.monotonic() - began
        return films / wall, (trial.cpu_seconds(process) - cpu) / films


if __name__ == "__main__":
    sys.exit(main())

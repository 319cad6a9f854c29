"""Measures the worklist in a clinic of ten thousand studies and in one of a million, and prints the ratios.

    .venv/bin/python benchmarks/worklist.py [--small 10000] [--large 1000000] [--rounds 9]
    DATABASE_URL=mysql://root@127.0.0.1/an_empty_one .venv/bin/python benchmarks/worklist.py

Both clinics are filled in one database: a third as many patients as studies, 300 studies waiting, the others
read, each with a film and all signed by one doctor. Each request goes through the whole portal as a browser's
does, by turns to the one clinic and the other; printed is the fastest of all turns, to which other work on
the machine adds least, and how much the database did: rows that it read, or steps of SQLite's machine.
Target: none costs more than 1.3 times as much at a million as at ten thousand.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta

os.environ["HASHED_STATIC"] = "false"  # nothing was collected for a measurement
os.environ["AUDIT_DEFER_LOOKS"] = "true"
import trial  # first: it sets Django up
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from filled_clinic import STUDIES_OF_ONE, Filled, settled

from diagnosis.models import Study


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    print(trial.machine())
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    call_command("migrate", verbosity=0, interactive=False)
    clinics = []
    for name, size in (("Small", asked.small), ("Large", asked.large)):
        began = time.perf_counter()
        clinics.append(Filled(name, size))
        print(f"{connection.vendor}: {size:,} studies in {time.perf_counter() - began:.0f} s", flush=True)
    settled()
    return measured(clinics, asked.rounds)


def asked_for(filled: Filled) -> dict[str, Callable[[], int]]:
    """What a doctor does with the list."""
    get, middle = filled.client.get, filled.size // STUDIES_OF_ONE // 2
    last, first = filled.names(middle)
    study = Study.objects.filter(clinic=filled.clinic, state="to_review").order_by("rank").first()

    def page(**query: str) -> Callable[[], int]:
        return lambda: get("/worklist/", query).status_code

    def news(**query: str) -> Callable[[], int]:
        return lambda: get("/worklist/", query, headers={"HX-Request": "true"}).status_code

    past = f"{filled.now - timedelta(days=8):%Y-%m-%d}"
    return {
        "page": page(),
        "page, second": page(after=filled.after),
        "tab Urgent": page(tab="urgent"),
        "tab Mine": page(tab="mine"),
        "tab Done today": page(tab="done"),
        "poll, nothing new": news(seen=filled.stamp),
        "poll, something new": news(seen="old"),
        "filter by state": page(state="reviewed"),
        "filter by finding": page(finding="covid19"),
        "filter by days": page(taken_from=past, taken_to=past),
        "filter by days, wide": page(taken_to=past),
        "filter: entered by me": page(entered="on"),
        "sort by name": page(sort="patient"),
        "search by number": page(q=f"{middle:07}"),
        "search by accession": page(q=f"ACC{middle:07}"),
        "search by last name": page(q=last),
        "search by both names": page(q=f"{first} {last}"),
        "search, too many fit": page(q=first),
        "next (study page)": lambda: get(f"/studies/{study.public_id}/").status_code,
    }


def work_of(send: Callable[[], int]) -> int:
    """What the database did for a request, whatever else the machine does: rows read, or SQLite's steps."""
    if connection.vendor == "mysql":
        before = rows_read()
        send()
        return rows_read() - before
    steps = []
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: steps.append(1) and 0, 10)
    send()
    connection.connection.set_progress_handler(None, 0)
    return len(steps)


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%%'")
        return sum(int(value) for _, value in cursor.fetchall())


def measured(clinics: list[Filled], rounds: int) -> int:
    small, large = (asked_for(filled) for filled in clinics)
    sizes = f"{clinics[0].size:>12,}{clinics[1].size:>12,}   ratio"
    print(f"{connection.vendor:24}{sizes}   database's work, ratio", flush=True)
    slow = 0
    for name in small:
        times: tuple[list[float], list[float]] = ([], [])
        for turn in range(rounds + 2):
            for pile, send in zip(times, (small[name], large[name]), strict=True):
                began = time.perf_counter()
                status = send()
                took = time.perf_counter() - began
                assert status in (200, 204), (name, status)
                if turn > 1:
                    pile.append(took)
        one, other = (min(pile) * 1000 for pile in times)
        slow += other > 1.3 * one
        done = [work_of(send) for send in (small[name], large[name])]
        work = f"{done[0]:>10,}{done[1]:>10,}{done[1] / max(1, done[0]):>8.2f}"
        print(f"{name:24}{one:>9.1f} ms{other:>9.1f} ms{other / one:>8.2f}{work}", flush=True)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())

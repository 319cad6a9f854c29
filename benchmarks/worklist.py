"""Measures the worklist in a clinic of ten thousand studies and in one of a million, and prints the ratios.

    .venv/bin/python benchmarks/worklist.py [--small 10000] [--large 1000000] [--rounds 9]
    DATABASE_URL=mysql://root@127.0.0.1/an_empty_one .venv/bin/python benchmarks/worklist.py

Both clinics are filled in one database: a third as many patients as studies, 300 studies waiting, the others
read; the newest 5,000 have films and signatures. Each request goes through the whole portal as a browser's
does, by turns to the one clinic and the other; printed is the fastest of all turns, to which other work on
the machine adds least, and how much the database did: rows that it read, or steps of SQLite's machine.
Target: none costs more than 1.3 times as much at a million as at ten thousand.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from urllib.parse import unquote

os.environ["HASHED_STATIC"] = "false"  # nothing was collected for a measurement
os.environ["AUDIT_DEFER_LOOKS"] = "true"
import trial  # first: it sets Django up
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from accounts.models import Approval, Clinic, Role, User
from diagnosis.models import Patient, Review, Scan, Study
from diagnosis.models.patient_word import PatientWord
from diagnosis.services import worklist

OPEN = 300
FILMS = 5000
STUDIES_OF_ONE = 3  # of each patient, about
FIRST = ("Anna", "Ben", "Carla", "Deniz", "Elif", "Felix", "Gina", "Hugo", "Ines", "Jon", "Kim", "Lena")
FINDINGS = ("normal", "normal", "normal", "pneumonia", "other", "covid19")
STATES = ("to_review", "to_review", "to_review", "to_review", "problem", "waiting")  # of the open, by rank
PORTION = 50_000


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


class Filled:
    """A clinic with so many studies, a doctor who is signed in, and what they would look for."""

    def __init__(self, name: str, size: int) -> None:
        self.now, self.size, self.people = timezone.now(), size, size // STUDIES_OF_ONE
        self.clinic, is_new = Clinic.objects.get_or_create(name=f"{name} {size}")
        if is_new:
            self._fill(name)
        self.doctor = User.objects.get(clinic=self.clinic)
        self.client = Client(headers={"User-Agent": "benchmark"})
        self.client.force_login(self.doctor)
        first = self.client.get("/worklist/").content.decode()  # what it shows is on record from here on
        self.stamp = re.search(r'data-stamp="(\w+)"', first)[1]
        self.after = unquote(re.search(r'rel="next" href="\?after=([^"]+)"', first)[1])

    def _fill(self, name: str) -> None:
        self.doctor = User.objects.create_user(
            f"{name.lower()}@benchmark.example", "a long enough secret", first_name="Mira", last_name=name,
            clinic=self.clinic, role=Role.DOCTOR, approval=Approval.APPROVED, licence_number="B-1",
        )  # fmt: skip
        EmailAddress.objects.create(user=self.doctor, email=self.doctor.email, verified=True, primary=True)
        self.patient, self.study, self.scan = (
            (model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
            for model in (Patient, Study, Scan)
        )
        for start in range(0, self.people, PORTION):
            self._patients(start, min(self.people, start + PORTION))
        for start in range(0, self.size, PORTION):
            self._studies(start, min(self.size, start + PORTION))
        self._films(max(0, self.size - FILMS))

    def names(self, number: int) -> tuple[str, str]:
        """A last name that two share, and a first name that many do."""
        return f"Na{number // 2:07}", FIRST[number % len(FIRST)]

    def _patients(self, start: int, stop: int) -> None:
        number, key = f"(i + {start})", f"(i + {start + self.patient})"
        mrn, last = padded(number), joined("'na'", padded(half(number)))
        first = chosen(number, FIRST)
        columns = {
            "id": key, "public_id": hexed(key), "clinic_id": self.clinic.pk, "number": mrn, "number_key": mrn,
            "number_look": mrn, "first_name": first, "first_name_key": f"LOWER({first})", "last_name": last,
            "last_name_key": last, "birth_date": "'1960-03-01'", "birth_estimated": 0, "sex": "'female'",
            "created_at": self._ago("0"),
        }  # fmt: skip
        insert(Patient, columns, stop - start)
        for word in (mrn, last, f"LOWER({first})"):
            insert(PatientWord, {"clinic_id": self.clinic.pk, "word": word, "patient_id": key}, stop - start)

    def _studies(self, start: int, stop: int) -> None:
        number, key = f"(i + {start})", f"(i + {start + self.study})"
        waits = f"{number} >= {self.size - OPEN}"
        finding = chosen(number, FINDINGS)
        at = self._ago(
            f"CASE WHEN {waits} THEN {self.size} - {number} ELSE 1440 + 2 * ({self.size} - {number}) END"
        )
        acc = joined("'acc'", padded(number))

        def if_waits(one: object, other: object) -> str:
            return f"CASE WHEN {waits} THEN {one} ELSE {other} END"

        columns = {
            "id": key, "public_id": hexed(key), "clinic_id": self.clinic.pk,
            # scattered: a patient's studies are not neighbours in time
            "patient_id": f"{self.patient} + ({number} * 7919) % {self.people}",
            "accession_number": acc, "accession_key": acc,
            "instance_uid": joined("'1.2.'", key), "taken_at": at,
            "reason": "'Cough'", "symptoms": "'Fever'", "pcr_result": "'unknown'", "urgent": 0,
            "door": "'browser'", "created_at": at, "created_by_id": self.doctor.pk, "cancelled_reason": "''",
            "changed_at": at, "state": if_waits(chosen(number, STATES), "'reviewed'"),
            "rank": if_waits(f"{number} % 6", worklist.RANK_DONE), "place": 0, "network_finding": finding,
            "network_triage": "'unsure'", "network_standing": "'here'", "network_probability": 0.8,
            "doctor_finding": if_waits("''", finding), "films_counted": 1, "films_read": if_waits(0, 1),
            "done_at": if_waits("NULL", at),
        }  # fmt: skip
        insert(Study, columns, stop - start)

    def _films(self, start: int) -> None:
        """Films and signatures of the newest studies: a page asks for those of the studies that it shows."""
        count, film, key = self.size - start, f"(i + {self.scan})", f"(i + {self.study + start})"
        at = self._ago(f"1440 + 2 * ({count} - i)")
        columns = {
            "id": film, "public_id": hexed(film), "study_id": key, "clinic_id": self.clinic.pk,
            "original_name": "'x.png'", "original": "'x'", "sha256": hexed(film), "size_bytes": 1,
            "media_type": "'image/png'", "width": 8, "height": 8, "projection": "''",
            "sop_instance_uid": joined("'1.3.'", film), "series_instance_uid": joined("'1.4.'", film),
            "header": "'{}'", "is_phantom": 0, "sender": "'s'", "received_at": at, "status": "'analysed'",
            "reason_code": "''", "reason": "''", "attempts": 1, "enqueued_at": at, "set_aside_reason": "''",
            "shown_corrections": "'[]'", "display": "''", "thumbnail": "''", "pixel_rule": "'{}'",
        }  # fmt: skip
        for begin in range(0, count, PORTION):
            insert(Scan, moved(columns, begin), min(PORTION, count - begin))
        signed = {
            "public_id": hexed(film), "scan_id": film, "doctor_id": self.doctor.pk, "signed_name": "'Mira'",
            "signed_licence": "'B-1'", "name_added_later": 0, "decision": "'read'", "finding": "'normal'",
            "reason": "''", "note": "''", "further": "'[]'", "zones": "'{}'", "annotations": "'[]'",
            "signed_at": at,
        }  # fmt: skip
        for begin in range(0, count - OPEN, PORTION):
            insert(Review, moved(signed, begin), min(PORTION, count - OPEN - begin))

    def _ago(self, minutes: str) -> str:
        now = f"'{self.now:%Y-%m-%d %H:%M:%S}'"
        if connection.vendor == "mysql":
            return f"DATE_SUB({now}, INTERVAL ({minutes}) MINUTE)"
        return f"strftime('%Y-%m-%d %H:%M:%S', {now}, '-' || ({minutes}) || ' minutes')"


# How each database says it; the rows are made where they are kept, which takes a tenth of the time.
def padded(number: str) -> str:
    return f"LPAD({number}, 7, '0')" if connection.vendor == "mysql" else f"printf('%07d', {number})"


def hexed(number: str) -> str:
    if connection.vendor == "mysql":
        return f"LPAD(LOWER(HEX({number})), 32, '0')"
    return f"printf('%032x', {number})"


def joined(one: str, other: str) -> str:
    return f"CONCAT({one}, {other})" if connection.vendor == "mysql" else f"{one} || {other}"


def half(number: str) -> str:
    return f"{number} DIV 2" if connection.vendor == "mysql" else f"{number} / 2"


def chosen(number: str, words: Sequence[str]) -> str:
    cases = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(words))
    return f"CASE {number} % {len(words)} {cases} END"


def moved(columns: dict[str, object], by: int) -> dict[str, object]:
    return {name: re.sub(r"\bi\b", f"(i + {by})", str(value)) for name, value in columns.items()}


def insert(model: type[models.Model], columns: dict[str, object], count: int) -> None:
    """Write `count` rows in one statement; in their expressions, `i` counts from 0."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(name) for name in columns)
    values = ", ".join(str(value) for value in columns.values())
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS numbers (i INTEGER PRIMARY KEY)")
        cursor.execute("SELECT COUNT(*) FROM numbers")
        if not cursor.fetchone()[0]:
            cursor.executemany("INSERT INTO numbers VALUES (%s)", [(i,) for i in range(PORTION)])
        table = quote(model._meta.db_table)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM numbers WHERE i < {count}")


def settled() -> None:
    """Let the database count its rows, as it does by itself in time."""
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            for model in (Patient, PatientWord, Study, Scan, Review):
                cursor.execute(f"ANALYZE TABLE {model._meta.db_table}")
                cursor.fetchall()


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

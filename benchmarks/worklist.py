"""Measures the worklist in a clinic of ten thousand studies and in one of a million, and prints the ratios.

    .venv/bin/python benchmarks/worklist.py [--small 10000] [--large 1000000] [--rounds 15]
    DATABASE_URL=mysql://root@127.0.0.1/an_empty_one .venv/bin/python benchmarks/worklist.py

Both clinics are filled in one database: patients with names from a list of their own, a film and a signature
for each study, nearly all read, 300 waiting. Each request goes through the whole portal as a browser's does,
by turns to the one clinic and the other; printed are the medians. Target: none costs more than 1.3 times as
much at a million as at ten thousand.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

os.environ["HASHED_STATIC"] = "false"  # nothing was collected for a measurement
os.environ["AUDIT_DEFER_LOOKS"] = "true"
import trial  # first: it sets Django up
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Approval, Clinic, Role, User
from diagnosis.models import Patient, Review, Scan, Study
from diagnosis.models.patient_word import PatientWord, words_of
from diagnosis.services import worklist

OPEN = 300
STUDIES_OF_ONE = 3  # of each patient, about
FIRST = ("anna", "ben", "carla", "deniz", "elif", "felix", "gina", "hugo", "ines", "jon", "kim", "lena")
PORTION = 20_000
RANKS = (
    (worklist.RANK_URGENT, "to_review", "pathological"),
    (worklist.RANK_PATHOLOGICAL, "to_review", "pathological"),
    (worklist.RANK_UNSURE, "to_review", "unsure"),
    (worklist.RANK_NORMAL, "to_review", "normal"),
    (worklist.RANK_PROBLEM, "problem", ""),
    (worklist.RANK_WAITING, "waiting", ""),
)
FINDINGS = ("normal", "normal", "normal", "pneumonia", "other", "covid19")
SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "wu", "za", "fe", "go", "hi", "ja", "du")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
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
        self.clinic = Clinic.objects.create(name=name)
        self.doctor = User.objects.create_user(
            f"{name.lower()}@benchmark.example", "a long enough secret", first_name="Mira", last_name=name,
            clinic=self.clinic, role=Role.DOCTOR, approval=Approval.APPROVED, licence_number="B-1",
        )  # fmt: skip
        self.now = timezone.now()
        # Python's own numbering of rows: no index is asked while millions are written
        self.patient, self.study, self.scan = (
            (model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
            for model in (Patient, Study, Scan)
        )
        self.size = size
        self._fill()
        self.client = Client()
        self.client.force_login(self.doctor)
        self.client.get("/worklist/")  # what it shows is on record from here on
        self.stamp = self.client.get("/worklist/").context["stamp"]
        body = self.client.get("/worklist/")
        self.after = body.context["page"].next

    def _fill(self) -> None:
        people = self.size // STUDIES_OF_ONE
        for start in range(0, people, PORTION):
            self._patients(range(start, min(people, start + PORTION)))
        for start in range(0, self.size, PORTION):
            self._studies(range(start, min(self.size, start + PORTION)), people)

    def names(self, number: int) -> tuple[str, str]:
        """A last name that few share, and a first name that many do."""
        return surname(number // 2), FIRST[number % len(FIRST)].title()

    def _patients(self, numbers: range) -> None:
        rows, words = [], []
        for number in numbers:
            last, first = self.names(number)
            key = self.patient + number
            mrn = f"MRN-{number:07}"
            rows.append((key, uid(1, key), self.clinic.pk, mrn, mrn.lower(), str(number), first, first.lower(),
                         last, last.lower(), f"19{number % 70 + 20:02}-03-{number % 28 + 1:02}", False, "female", self.now))  # fmt: skip
            words += [(self.clinic.pk, word, key) for word in words_of(mrn, first, last)]
        insert(Patient, ("id", "public_id", "clinic_id", "number", "number_key", "number_look", "first_name",
                         "first_name_key", "last_name", "last_name_key", "birth_date", "birth_estimated", "sex",
                         "created_at"), rows)  # fmt: skip
        insert(PatientWord, ("clinic_id", "word", "patient_id"), words)

    def _studies(self, numbers: range, people: int) -> None:
        studies, scans, reviews = [], [], []
        for number in numbers:
            waits = number >= self.size - OPEN
            rank, state, triage = RANKS[number % 6] if waits else (worklist.RANK_DONE, "reviewed", "unsure")
            finding = FINDINGS[number % 6]
            age = timedelta(minutes=(self.size - number) % OPEN if waits else 0)
            at = self.now - age if waits else self.now - timedelta(days=1, minutes=2 * (self.size - number))
            key, film = self.study + number, self.scan + number
            # scattered: a patient's studies are not neighbours in time
            patient = self.patient + number * 7919 % people
            studies.append((key, uid(2, key), self.clinic.pk, patient, f"ACC{number:07}", f"acc{number:07}",
                            f"1.2.{key}", at, "Cough", "Fever", "unknown", rank == 0, "browser", at, self.doctor.pk, "",
                            at, state, rank, 0, finding, triage, "here", 0.8, "" if waits else finding, 1,
                            0 if waits else 1, None if waits else at))  # fmt: skip
            scans.append((film, uid(3, film), key, self.clinic.pk, "film.png", "x", f"{film:064x}", 1, "image/png", 8, 8,
                          "", f"1.3.{film}", f"1.4.{film}", "{}", False, "s", at, "analysed", "", "", 1, at, "", "[]", "",
                          "", "{}"))  # fmt: skip
            if not waits:
                reviews.append((uid(4, film), film, self.doctor.pk, "Mira", "B-1", False, "read", finding, "", "", at))
        insert(Study, ("id", "public_id", "clinic_id", "patient_id", "accession_number", "accession_key",
                       "instance_uid", "taken_at", "reason", "symptoms", "pcr_result", "urgent", "door", "created_at",
                       "created_by_id", "cancelled_reason", "changed_at", "state", "rank", "place", "network_finding",
                       "network_triage", "network_standing", "network_probability", "doctor_finding",
                       "films_counted", "films_read", "done_at"), studies)  # fmt: skip
        insert(Scan, ("id", "public_id", "study_id", "clinic_id", "original_name", "original", "sha256", "size_bytes",
                      "media_type", "width", "height", "projection", "sop_instance_uid", "series_instance_uid",
                      "header", "is_phantom", "sender", "received_at", "status", "reason_code", "reason", "attempts",
                      "enqueued_at", "set_aside_reason", "shown_corrections", "display", "thumbnail", "pixel_rule"),
               scans)  # fmt: skip
        insert(Review, ("public_id", "scan_id", "doctor_id", "signed_name", "signed_licence", "name_added_later",
                        "decision", "finding", "reason", "note", "signed_at"), reviews)  # fmt: skip


def surname(number: int) -> str:
    word = ""
    for _ in range(4):
        number, place = divmod(number, len(SYLLABLES))
        word += SYLLABLES[place]
    return (word + (str(number) if number else "")).title()


def uid(kind: int, number: int) -> str:
    digits = f"{kind:08x}{number:024x}"
    if connection.features.has_native_uuid_field:
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return digits


def insert(model: type, columns: Sequence[str], rows: list[tuple]) -> None:
    """Write rows as fast as the database takes them, in one transaction."""
    if not rows:
        return
    quote = connection.ops.quote_name
    adapt = connection.ops.adapt_datetimefield_value
    names = ", ".join(quote(name) for name in columns)
    marks = ", ".join(["%s"] * len(columns))
    dated = [place for place, value in enumerate(rows[0]) if any(hasattr(row[place], "tzinfo") for row in rows[:1] + rows[-1:])]
    plain = []
    for row in rows:
        values = list(row)
        for place in dated:
            values[place] = adapt(values[place]) if values[place] is not None else None
        plain.append(values)
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})", plain)


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
        "search by number": page(q=f"MRN-{middle:07}"),
        "search by accession": page(q=f"ACC{middle:07}"),
        "search by last name": page(q=last),
        "search by both names": page(q=f"{first} {last}"),
        "search, too many fit": page(q=first),
        "next (study page)": lambda: get(f"/studies/{study.public_id}/").status_code,
    }


def measured(clinics: list[Filled], rounds: int) -> int:
    small, large = (asked_for(filled) for filled in clinics)
    print(f"{connection.vendor:24}{clinics[0].size:>12,}{clinics[1].size:>12,}   ratio", flush=True)
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
        one, other = (statistics.median(pile) * 1000 for pile in times)
        slow += other > 1.3 * one
        print(f"{name:24}{one:>9.1f} ms{other:>9.1f} ms{other / one:>8.2f}", flush=True)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())

"""Fills a clinic with as many studies as a benchmark asks for, in the database itself."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

import trial  # noqa: F401  # first: it sets Django up
from allauth.account.models import EmailAddress
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from accounts.models import Approval, Clinic, Role, User
from diagnosis.models import Patient, Review, Scan, Study
from diagnosis.models.patient_word import PatientWord
from diagnosis.services import worklist

OPEN = 300
STUDIES_OF_ONE = 3  # of each patient, about
FIRST = ("Anna", "Ben", "Carla", "Deniz", "Elif", "Felix", "Gina", "Hugo", "Ines", "Jon", "Kim", "Lena")
FINDINGS = ("normal", "normal", "normal", "pneumonia", "other", "covid19")
STATES = ("to_review", "to_review", "to_review", "to_review", "problem", "waiting")  # of the open, by rank
PORTION = 50_000


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
        self._films()

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

    def _films(self) -> None:
        """A film of each study, and the one doctor's signature where it is read: years of work."""
        count, film, key = self.size, f"(i + {self.scan})", f"(i + {self.study})"
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

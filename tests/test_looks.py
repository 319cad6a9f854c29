"""Whoever is shown a patient's name, number or film leaves an event, whatever the address and method."""

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from accounts import tokens
from accounts.models import AuditEvent
from diagnosis.models import Patient, Scan
from tests.access_table import TABLE, WEB_FILM, WEB_SERIES, WEB_STUDY, Row
from tests.conftest import Cast
from tests.films import analysed_scan
from tests.test_access import hub_of, values_of

HTMX = {"HX-Request": "true"}
ASKED: tuple[tuple[str, dict[str, str]], ...] = (
    *((method, {}) for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")),
    ("GET", HTMX),
)
TELLING = ("NUMBER-4711", "Zebulon", "Quagmire", "zebulon-quagmire.png")

# Addresses that may show a patient without an event, each with the reason.
WITHOUT_EVENT: dict[str, str] = {}
# A copy that leaves the portal is on record each time, not once a sitting.
EACH_TIME = {
    "studies/<uuid:study_id>/report/",
    "studies/<uuid:study_id>/report/draft/",
    "reports/<uuid:report_id>/file/",
    "scans/<uuid:scan_id>/original/",
    "reconcile/<uuid:held_id>/original/",
    *(f"dicom-web/{route}" for route in (WEB_STUDY[0], WEB_SERIES[0], WEB_FILM[0])),
}


@pytest.fixture
def scan(cast: Cast) -> Scan:
    """A film of a patient whose name, number and file name appear nowhere else."""
    scan = analysed_scan(cast.clinic_a, cast.doctor, number=TELLING[0])
    earlier = analysed_scan(cast.clinic_a, cast.doctor, number=TELLING[0], seed=1)
    Patient.objects.update(first_name=TELLING[1], last_name=TELLING[2])
    Scan.objects.update(original_name=TELLING[3])
    assert earlier.study.patient == scan.study.patient
    return Scan.objects.get(pk=scan.pk)


@pytest.fixture
def readers(cast: Cast) -> list[tuple[str, Client, dict[str, str]]]:
    """Each kind of reader who sees the clinic's patients: name on record, client, headers."""
    token, key = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
    found = []
    for user in (cast.doctor, cast.administrator):
        client = Client()
        client.force_login(user)
        found.append((user.email, client, {}))
    return [*found, (f"token:{token.prefix}", Client(), {"Authorization": f"Token {key}"})]


def values(scan: Scan, cast: Cast) -> dict[str, str]:
    """What to put into a route, see test_access."""
    token, _ = tokens.create(clinic=cast.clinic_a, name="another", by=cast.administrator)
    return values_of(cast, scan, token) | hub_of(cast, scan.study)[0]


def shows(response: HttpResponseBase) -> bool:
    """Whether the answer shows the patient: a telling word, or a picture."""
    if response.status_code not in (200, 422):
        return False
    if response.headers.get("Content-Type", "").startswith("image/"):
        return True
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    return any(word in body.decode("utf-8", "replace") for word in TELLING)


def looks(actor: str, before: int, scan: Scan) -> int:
    """How many events after a number tell that this reader saw something of the patient."""
    patient = f"patient:{scan.study.patient.public_id}"
    studies = {str(study.public_id) for study in scan.study.patient.studies.all()}
    return sum(
        event.study_id in studies
        or event.subject == patient
        or bool({patient, *(f"study:{study}" for study in studies)} & set(event.facts.get("shown", ())))
        for event in AuditEvent.objects.filter(actor=actor, sequence__gt=before)
    )


def last_event() -> int:
    return AuditEvent.objects.values_list("sequence", flat=True).order_by("-sequence").first() or 0


def asked_twice(client: Client, ask: Any, actor: str, scan: Scan) -> tuple[bool, int, int]:
    """Whether the answer shows the patient, and the events after the first and after a second request."""
    cookies = copy.deepcopy(client.cookies)
    cache.clear()  # a new sitting
    with transaction.atomic():
        begin = last_event()
        shown = shows(ask())
        once, between = looks(actor, begin, scan), last_event()
        twice = looks(actor, between, scan) if shown and shows(ask()) else 0
        transaction.set_rollback(True)
    client.cookies = cookies
    return shown, once, twice


def faults(
    route: str, row: Row, places: dict[str, str], reader: Any, scan: Scan, seen: set[str]
) -> Iterator[str]:
    actor, client, headers = reader
    path = "/" + row.path.format(**places)
    for method, part in ASKED:
        ask = partial(getattr(client, method.lower()), path, headers={**headers, **part})
        shown, once, twice = asked_twice(client, ask, actor, scan)
        if shown and not once and route not in WITHOUT_EVENT:
            yield f"{method} {path} {part} shows the patient to {actor} without an event"
        if twice and route not in EACH_TIME:
            yield f"{method} {path} {part} leaves {actor} a second event in one sitting"
        if shown:
            seen.add(route)


def test_whatever_shows_a_patient_leaves_an_event_and_one_a_sitting(
    scan: Scan, cast: Cast, readers: list[Any]
) -> None:
    places, seen = values(scan, cast), set[str]()
    wrong = [
        fault
        for route, row in TABLE.items()
        for reader in readers
        for fault in faults(route, row, places, reader, scan, seen)
    ]
    assert not wrong, "\n".join(wrong)
    # the walk has seen what it is about
    assert seen >= {
        "worklist/",
        "studies/<uuid:study_id>/edit/",
        "scans/<uuid:scan_id>/display/",
        "predictions/<uuid:prediction_id>/heatmap/",
        "api/v1/studies/<uuid:study_id>/",
        "admin/diagnosis/patient/",
        "admin/diagnosis/patient/<path:object_id>/history/",
    }
    assert set(WITHOUT_EVENT) <= seen

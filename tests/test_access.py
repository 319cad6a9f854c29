"""Walks every address and method of the project as everybody, against the one table in access_table.py."""

import copy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, AuditEvent, Clinic, Membership, Role, User
from diagnosis.models import (
    Archive,
    Batch,
    BatchFilm,
    CheckEntry,
    CriticalResult,
    Delivery,
    DicomSender,
    DriftAlert,
    Export,
    FirstRead,
    Inquiry,
    Notice,
    NoticeKind,
    PatientOutcome,
    PendingSignature,
    Phrase,
    Prediction,
    ReadingAgreement,
    ReferenceWindow,
    Referral,
    Report,
    ReportKind,
    ReportState,
    Review,
    SecondReading,
    Study,
    Webhook,
)
from diagnosis.services import uploads
from tests.access_table import ACTORS, HUB_ACTORS, TABLE, Row, whole
from tests.conftest import Cast, person
from tests.films import analysed_scan, held_film, keep, phantom_png
from tests.shadows import named_candidate, shadowed

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def every_route(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    """Each address of the project as its pattern is written."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from every_route(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


@dataclass(frozen=True)
class World:
    """Clinic A's records, and a signed-in client for each actor of the table."""

    cast: Cast
    values: dict[str, str]
    """What to put into a route: parameter or marked place → value."""
    clients: dict[str, Client]
    headers: dict[str, dict[str, str]]


@pytest.fixture
def world(cast: Cast, settings: Any) -> World:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 10**6  # the walk is long: nobody is asked again on the way
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    token, key = tokens.create(clinic=cast.clinic_a, name="x-ray room", by=cast.administrator)
    revoked, revoked_key = tokens.create(clinic=cast.clinic_a, name="sold computer", by=cast.administrator)
    tokens.revoke(token=revoked, by=cast.administrator)
    _, other_key = tokens.create(clinic=cast.clinic_b, name="other clinic", by=cast.other_administrator)
    hub, hub_people = hub_of(cast, scan.study)
    people: dict[str, User | None] = hub_people | {
        "nobody": None,
        "waiting doctor": cast.waiting_doctor,
        "technician": cast.technician,
        "doctor": cast.doctor,
        "administrator": cast.administrator,
        "other doctor": cast.stranger,
        "other administrator": cast.other_administrator,
        "operator": cast.operator,
    }
    headers = {name: {} for name in people} | {
        "token": {"Authorization": f"Token {key}"},
        "other token": {"Authorization": f"Token {other_key}"},
        "revoked token": {"Authorization": f"Token {revoked_key}"},
    }
    clients = {}
    for name in headers:
        clients[name] = Client(raise_request_exception=True)
        person = people.get(name)
        if person is not None:
            clients[name].force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return World(cast, values_of(cast, scan, token) | hub, clients, headers)


def hub_of(cast: Cast, study: Study) -> tuple[dict[str, str], dict[str, User | None]]:
    """Clinics that read for clinic A, or did, each with a doctor; only the first is to read the study now."""
    since = timezone.localdate() - timedelta(days=9)
    people: dict[str, User | None] = {}
    found: dict[str, Referral] = {}
    for actor in HUB_ACTORS:
        if actor == "hub administrator":
            continue
        place, over = Clinic.objects.create(name=f"Clinic of the {actor}"), "after" in actor
        agreement = ReadingAgreement.objects.create(
            clinic=cast.clinic_a, reading_clinic=place, covers="asked", first_day=since, state="agreed",
            last_day=since if over else None, asked_by=cast.administrator,
        )  # fmt: skip
        people[actor] = person(f"{actor.replace(' ', '-')}@hub.example", place, Role.DOCTOR)
        if actor == "hub doctor without":
            continue
        found[actor] = Referral.objects.create(
            study=study, clinic=cast.clinic_a, reading_clinic=place, agreement=agreement,
            asked_by=cast.technician, is_open=None if over else True,
            state="returned" if "reading" in actor else "withdrawn" if over else "requested",
            read_at=timezone.now() if "reading" in actor else None,
        )  # fmt: skip
    referral = found["hub doctor"]
    administrator = person("head@hub.example", referral.reading_clinic, Role.ADMINISTRATOR)
    inquiry = Inquiry.objects.create(
        referral=referral, study=study, question="A lateral?", asked_by=people["hub doctor"]
    )
    ids = {"referral": str(referral.public_id), "inquiry": str(inquiry.public_id)}
    return ids, people | {"hub administrator": administrator}


def values_of(cast: Cast, scan: Any, token: ApiToken) -> dict[str, str]:
    prediction = scan.predictions.get()
    review = Review.objects.create(
        scan=scan, prediction=prediction, doctor=cast.colleague, decision="agree", finding=prediction.finding
    )
    candidate = named_candidate()
    shadowed(scan, candidate)
    held = held_film(scan)
    sender = DicomSender.objects.create(clinic=cast.clinic_a, ae_title="ROOM1", address="10.1.2.3")
    archive = Archive.objects.create(
        clinic=cast.clinic_a, name="PACS", protocol="c-store", host="127.0.0.1", port=104, ae_title="PACS"
    )
    delivery = Delivery.objects.create(
        clinic=cast.clinic_a, scan=scan, archive=archive, sop_instance_uid=scan.sop_instance_uid
    )
    return {
        "held_pk": str(held.pk),
        "check_pk": str(_checked(scan).pk),
        "sender_pk": str(sender.pk),
        "archive_pk": str(archive.pk),
        "clinic": str(cast.clinic_a.public_id),
        "alert": str(_alert(prediction).public_id),
        "delivery": str(delivery.public_id),
        "export": str(Export.objects.create(study=scan.study, asked_by=cast.doctor).public_id),
        **_issued(scan.study),
        "notice": str(_told(scan.study, cast.doctor).public_id),
        **_hooked(scan.study, cast),
        "upload": str(uploads.opened(user=cast.doctor, length=10, name="film.png").public_id),
        "signature": str(_pressed(scan.study, cast.doctor).public_id),
        "phrase_pk": str(Phrase.objects.create(clinic=cast.clinic_a, title="Clear", text="Clear lungs").pk),
        **_read(scan.study, cast),
        "membership": str(_asks_to_join(cast).public_id),
        "agreement": str(_asked_to_read(cast).public_id),
        "batch_film": str(_dropped(scan, cast.doctor).public_id),
        "study": str(scan.study.public_id),
        "patient": str(scan.study.patient.public_id),
        "scan": str(scan.public_id),
        "prediction": str(prediction.public_id),
        "token": str(token.public_id),
        "held": str(held.public_id),
        "study_uid": scan.study.instance_uid,
        "series_uid": scan.series_instance_uid,
        "instance_uid": scan.sop_instance_uid,
        "unknown": str(uuid.uuid4()),
        "user_pk": str(cast.waiting_doctor.pk),
        "person": str(cast.waiting_doctor.public_id),
        "clinic_pk": str(cast.clinic_a.pk),
        "patient_pk": str(scan.study.patient.pk),
        "study_pk": str(scan.study.pk),
        "scan_pk": str(scan.pk),
        "prediction_pk": str(prediction.pk),
        "review_pk": str(review.pk),
        "limits_pk": str(prediction.limits.pk),
        "model_pk": str(candidate.pk),
        "token_pk": str(token.pk),
        "event_pk": str(
            AuditEvent.objects.get(action="token.created", subject=f"token:{token.public_id}").pk
        ),
    }


def _dropped(scan: Any, owner: User) -> BatchFilm:
    """A film that the doctor of the table has dropped and not sent, under a number on record."""
    batch = Batch.objects.create(owner=owner, clinic=scan.clinic)
    stored = keep(f"batches/{batch.public_id}/film.film", phantom_png())
    typed = {"number": scan.study.patient.number, "taken_on": f"{timezone.localdate():%Y-%m-%d}"}
    # asked about the patient beside it: then its form has the box that says so
    alike = [str(scan.study.patient.public_id)]
    return BatchFilm.objects.create(
        batch=batch, name="film.png", stored=stored, media_type="image/png", typed=typed, alike=alike
    )


def _checked(scan: Any) -> CheckEntry:
    return CheckEntry.objects.create(clinic=scan.clinic, scan=scan, kind="appealed", code="lateral")


def _asked_to_read(cast: Cast) -> ReadingAgreement:
    """Clinic A asks clinic B to read for it."""
    return ReadingAgreement.objects.create(
        clinic=cast.clinic_a,
        reading_clinic=cast.clinic_b,
        first_day=timezone.localdate(),
        asked_by=cast.administrator,
    )


def _asks_to_join(cast: Cast) -> Membership:
    """A doctor of clinic B asks to work for clinic A, too."""
    return Membership.objects.create(user=cast.stranger, clinic=cast.clinic_a, role="doctor")


def _told(study: Study, doctor: User) -> Notice:
    return Notice.objects.create(study=study, clinic=study.clinic, person=doctor, kind=NoticeKind.OVERDUE)


def _pressed(study: Study, doctor: User) -> PendingSignature:
    """A signature that has ended, of the doctor of the table."""
    now = timezone.now()
    return PendingSignature.objects.create(
        study=study, doctor=doctor, signed_name="x", words={"finding": "normal"}, typed={}, state="undone",
        open=None, due_at=now, ended_at=now,
    )  # fmt: skip


def _read(study: Study, cast: Cast) -> dict[str, str]:
    """A colleague's first word, a second reading that is over, and an outcome."""
    now = timezone.now()
    word = FirstRead.objects.create(study=study, doctor=cast.colleague, stage="second", opened_at=now)
    second = SecondReading.objects.create(
        clinic=study.clinic, study=study, first_doctor=cast.colleague, state="withdrawn", is_open=None
    )
    outcome = PatientOutcome.objects.create(
        study=study, kind="pcr", on=timezone.localdate(), value="positive", entered_by=cast.technician
    )
    return {
        "outcome": str(outcome.public_id),
        "outcome_pk": str(outcome.pk),
        "first_read_pk": str(word.pk),
        "second_pk": str(second.pk),
    }


def _hooked(study: Study, cast: Cast) -> dict[str, str]:
    """A webhook of the clinic, a message that it was not told, and a critical result to acknowledge."""
    hook = Webhook.objects.create(
        clinic=cast.clinic_a, address="https://receiver.example/", secret="x", made_by=cast.administrator
    )
    told = hook.deliveries.create(kind="overdue", study=study.public_id, state="given_up")
    review = Review.objects.filter(scan__study=study).latest("id")
    CriticalResult.objects.create(clinic=cast.clinic_a, study=study, review=review, why="ticked")
    return {"webhook": str(hook.public_id), "told": str(told.public_id)}


def _issued(study: Study) -> dict[str, str]:
    """A document of the study, with its file."""
    made = Report.objects.create(
        study=study,
        clinic=study.clinic,
        code="7K3M-Q9TX-2WFD",
        kind=ReportKind.FINAL,
        reviews=[],
        says="",
        document={},
        asked_by="doctor@a.example",
        sha256="0" * 64,
        file=keep("reports/issued.pdf", b"%PDF-1.4"),
        made_at=timezone.now(),
        state=ReportState.READY,
    )
    return {"report": str(made.public_id), "code": made.code}


def _alert(prediction: Prediction) -> DriftAlert:
    """An open alert about the films of the prediction's clinic."""
    now, clinic = timezone.now(), prediction.scan.clinic
    at = {"first_at": now, "last_at": now}
    window = ReferenceWindow.objects.create(
        clinic=clinic, model_version=prediction.model_version, films=1, last_row=1, values={}, **at
    )
    shown = {"before": {"median": 0.3}, "now": {"median": 0.2}}
    return DriftAlert.objects.create(
        window=window, statistic="sharpness", opened_period=1, horizon=1, since=now, **shown
    )


def outcome(path: str, response: HttpResponseBase) -> str:
    """One letter of the table for an answer."""
    status = response.status_code
    assert status < 500 or (path == "/readyz" and status == 503), f"{path} answers {status}"
    if status in (301, 302, 303):
        target = response.headers["Location"]
        if target.startswith("/accounts/login/"):
            return "L"
        if target.startswith("/accounts/waiting/"):
            return "W"
        # Django admin sends whoever asks for a row that isn't there, or isn't theirs, back to its first page.
        if target == "/admin/" and path.startswith("/admin/") and path not in ("/admin/", "/admin/login/"):
            return "H"
        return "R" if path.startswith("/admin/") and target == f"{path}change/" else "I"
    return {401: "U", 403: "F", 404: "H", 405: "M"}.get(status, "I")


def answers(world: World, row: Row, method: str) -> str:
    """What each actor gets, one letter an actor in the table's order; nothing that happens is kept."""
    path = "/" + row.path.format(**world.values)
    letters = ""
    cache.clear()  # so many refusals would meet a limit
    for actor in (*ACTORS, *HUB_ACTORS):
        client = world.clients[actor]
        cookies = copy.deepcopy(client.cookies)
        with transaction.atomic():
            response = getattr(client, method.lower())(path, headers=world.headers[actor])
            letters += outcome(path, response)
            transaction.set_rollback(True)
        client.cookies = cookies
    return letters


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    routes = set(every_route())
    assert routes - set(TABLE) == set(), "say in tests/access_table.py who may see these addresses"
    assert set(TABLE) - routes == set(), "these addresses are gone: take their rows out"


def test_everybody_gets_what_the_table_says(world: World) -> None:
    """One test for the whole table: the cast signs in once, not once an address."""
    wrong = [line for row in TABLE.values() for line in differences(world, row)]
    assert not wrong, f"the letters stand for {ACTORS + HUB_ACTORS}:\n" + "\n".join(wrong)


def test_no_browser_and_no_proxy_keeps_what_somebody_was_shown(world: World) -> None:
    kept = []
    for row in TABLE.values():
        path = "/" + row.path.format(**world.values)
        for actor in ("doctor", "administrator", "operator"):
            response = world.clients[actor].get(path)
            is_page = response.headers.get("Content-Type", "").startswith("text/html")
            rule = response.headers.get("Cache-Control", "")
            if is_page and not ("private" in rule and "no-store" in rule):
                kept.append(f"{path} for the {actor}: {rule!r}")
    assert not kept


def differences(world: World, row: Row) -> Iterator[str]:
    """Where the answers to an address differ from its row, in words."""
    found = {method: answers(world, row, method) for method in METHODS}
    get, post = whole(row.get, row.hub), whole(row.post, row.hub_post)
    expected = {"GET": get, "POST": post} | ({"PATCH": whole(row.patch)} if row.patch else {})
    expected |= {"DELETE": whole(row.delete)} if row.delete else {}
    for method, got in found.items():
        right = expected.get(method) or (whole(row.other) if len(row.other or "") > 5 else row.other)
        if right == "open":
            continue
        if right == "any":  # a form shown again: whoever may neither read nor write may not do this either
            letters = zip(got, get, post, strict=True)
            if any(letter == "I" and "I" not in allowed for letter, *allowed in letters):
                yield f"{method} /{row.path} lets in {got}, more than GET {row.get} and POST {row.post}"
        elif right is None:
            if "I" in got:
                yield f"{method} /{row.path} lets somebody in: {got}"
        elif got != right:
            yield f"{method} /{row.path} answers {got}, the table says {right}"

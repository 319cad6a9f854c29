"""A program corrects what it has seen, and nothing else; what it may not do is said in words."""

import json
from typing import Any

import pytest

from accounts import tokens
from accounts.models import ApiToken, AuditEvent, Scope
from diagnosis.models import Patient, Scan, Study
from diagnosis.services import studies
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.problems import assert_problem
from tests.diagnosis.api.read.address import url
from tests.films import queued_scan


@pytest.fixture
def manager(cast: Cast) -> Computer:
    """A computer that may read and correct."""
    scopes = [Scope.READ, Scope.MANAGE]
    return Computer(*tokens.create(clinic=cast.clinic_a, name="RIS", by=cast.administrator, scopes=scopes))


@pytest.fixture
def film(cast: Cast) -> Scan:
    return queued_scan(cast.clinic_a, cast.doctor, number="N-1")


def patient_url(film: Scan) -> str:
    return f"/api/v1/patients/{film.study.patient.public_id}/"


def patch(computer: Computer, address: str, body: Any, tag: str | None = "now", **more: str) -> Any:
    """Send a correction with the record's ETag of now, or another one, or none."""
    headers = {"Authorization": f"Token {computer.plain}"}
    if tag is not None:
        headers["If-Match"] = computer.read(address).headers["ETag"] if tag == "now" else tag
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    more = {"content_type": "application/json", **more}
    return computer.client.patch(address, content, headers=headers, **more)


def test_a_study_is_corrected_by_what_was_sent_alone_and_it_is_on_record(
    manager: Computer, film: Scan
) -> None:
    before = manager.read(url(film.study))
    answer = patch(
        manager, url(film.study), {"urgent": True, "reason": "Fall", "symptoms_onset": "2026-03-01"}
    )
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["urgent"], told["reason"], told["symptoms_onset"]) == (True, "Fall", "2026-03-01")
    assert told["taken_at"] == before.json()["taken_at"]
    assert answer.headers["ETag"] not in ("", before.headers["ETag"])
    assert answer.headers["ETag"] == manager.read(url(film.study)).headers["ETag"]
    event = AuditEvent.objects.get(action="study.updated")
    assert event.actor == f"token:{manager.token.prefix}"
    assert event.facts["fields"] == ["reason", "symptoms_onset", "urgent"]


def test_a_patient_is_corrected_and_their_studies_are_told_of_as_changed(
    manager: Computer, film: Scan
) -> None:
    told = manager.read(url(film.study)).json()
    assert told["patient_url"].endswith(patient_url(film))
    answer = patch(manager, patient_url(film), {"birth_date": "1961-04", "sex": "female", "number": "N-7"})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["birth_date"], answer.json()["number"]) == ("1961-04", "N-7")
    again = manager.read(url(film.study)).json()
    assert again["patient_number"] == "N-7"
    assert again["changed_at"] > told["changed_at"]
    assert patch(manager, patient_url(film), {"birth_date": None}).json()["birth_date"] is None


def test_nothing_newer_is_overwritten_unseen(manager: Computer, cast: Cast, film: Scan) -> None:
    for address, body in ((url(film.study), {"reason": "Fall"}), (patient_url(film), {"sex": "male"})):
        old = manager.read(address).headers["ETag"]
        studies.update_study(study=film.study, actor=cast.doctor, reason=f"Cough {address}")
        Patient.objects.update(first_name=f"Bea {list(body)}")
        assert_problem(patch(manager, address, body, old), 412, "changed_meanwhile")
        for tag in (None, "", "*", "W/", "nonsense"):
            assert_problem(patch(manager, address, body, tag), 428, "precondition_required")
        assert (
            patch(manager, address, body, f'"x", {manager.read(address).headers["ETag"]}').status_code == 200
        )


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"state": "reviewed"}, "state", "cannot be changed here"),
        ({"doctor_finding": "normal"}, "doctor_finding", "cannot be changed here"),
        ({"Reason": "x"}, "Reason", "Did you mean “reason”?"),
        ({"urgent": "true"}, "urgent", "true or false"),
        ({"urgent": 1}, "urgent", "true or false"),
        ({"reason": 5}, "reason", "Send a text"),
        ({"reason": None}, "reason", "may not be null"),
        ({"reason": "a\0b"}, "reason", ""),
        ({"reason": "x" * 501}, "reason", "500"),
        ({"taken_at": "2026-03-02"}, "taken_at", "Send the time too"),
        ({"taken_at": "1890-03-02T08:00:00Z"}, "taken_at", "too far in the past"),
        ({"symptoms_onset": "2999-01-01"}, "symptoms_onset", "future"),
        ({"pcr_result": "maybe"}, "pcr_result", "Send one of"),
        ({"reason": {"a": 1}}, "reason", "Send a text"),
        ({}, "body", "nothing to change"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    manager: Computer, film: Scan, body: dict[str, Any], field: str, words: str
) -> None:
    before = Study.objects.values().get()
    problem = assert_problem(patch(manager, url(film.study), body), 400, "invalid")
    assert words in problem["errors"][field][0]
    assert Study.objects.values().get() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[1]", 400),
        (b"null", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"urgent": true, "urgent": false}', 400),
        (b'{"urgent": NaN}', 400),
        (b"[" * 30_000, 400),
        (b'{"reason": "' + b"x" * 70_000 + b'"}', 413),
        (b'{"reason": "\\ud800"}', 400),
    ],
)
def test_what_is_no_object_is_refused(manager: Computer, film: Scan, body: bytes, status: int) -> None:
    assert_problem(patch(manager, url(film.study), body), status)
    assert_problem(patch(manager, url(film.study), b"{}", content_type="text/plain"), 415)


def test_a_number_of_somebody_else_and_a_merged_record_stay(
    manager: Computer, cast: Cast, film: Scan
) -> None:
    other = queued_scan(cast.clinic_a, cast.doctor, number="N-2", seed=1).study.patient
    problem = assert_problem(patch(manager, patient_url(film), {"number": "n-2"}), 409, "number_taken")
    assert problem["errors"]["number"]
    Patient.objects.filter(pk=film.study.patient_id).update(merged_into=other)
    assert manager.read(patient_url(film)).json()["merged_into"] == str(other.public_id)
    assert_problem(patch(manager, patient_url(film), {"sex": "male"}), 409, "merged")


def test_another_clinics_records_are_not_found(manager: Computer, cast: Cast) -> None:
    theirs = queued_scan(cast.clinic_b, cast.stranger)
    for address in (url(theirs.study), patient_url(theirs)):
        assert_problem(patch(manager, address, {"sex": "male"}, '"x"'), 404)
        assert_problem(manager.read(address), 404)


@pytest.mark.parametrize(
    ("has", "method", "missing"),
    [
        ([Scope.SEND], "get", ["read"]),
        ([Scope.READ], "patch", ["manage"]),
        ([Scope.SEND], "patch", ["read", "manage"]),
        ([Scope.READ, Scope.MANAGE], "post", ["send"]),
    ],
)
def test_a_missing_scope_is_named(
    cast: Cast, film: Scan, has: list[Scope], method: str, missing: list[str]
) -> None:
    _, key = tokens.create(clinic=cast.clinic_a, name="x", by=cast.administrator, scopes=has)
    client = Computer(ApiToken(), key).client
    address = "/api/v1/studies/" if method == "post" else url(film.study)
    answer = getattr(client, method)(address, headers={"Authorization": f"Token {key}"})
    problem = assert_problem(answer, 403, "scope_missing")
    assert problem["missing_scopes"] == missing
    assert f'scope="{" ".join(missing)}"' in answer.headers["WWW-Authenticate"]
    assert f"“{missing[0]}”" in problem["detail"]

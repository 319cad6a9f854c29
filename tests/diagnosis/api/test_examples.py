"""The examples in the API's documentation are what it answers.

    CARINA_WRITE_EXAMPLES=1 pytest tests/diagnosis/api/test_examples.py      writes them anew

What differs from run to run (ids, times, hashes, the address) is put in order, so that answers compare.
"""

import json
import os
import re
from typing import Any

import pytest
from pytest_django.fixtures import SettingsWrapper

from accounts import tokens
from accounts.models import Scope
from diagnosis.api.schema.made import FOLDER, body
from diagnosis.models import Scan
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.services.report.papers import sign
from tests.films import predict

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+\d\d:\d\d)")
HASH = re.compile(r"\b[0-9a-f]{64}\b")


def in_order(answers: dict[str, Any]) -> dict[str, Any]:
    """The answers with the first id, time and hash in the place of the first, and so on."""
    text = json.dumps(answers, ensure_ascii=False)
    for kind, made in (
        (UUID, lambda number: f"0d9c1f8e-6f0e-4a53-9d0b-3c6f0f7f4a{number:02x}"),
        (TIME, lambda number: f"2026-03-02T08:{number:02}:00Z"),
        (HASH, lambda number: f"{number:064x}"),
    ):
        seen: dict[str, str] = {}
        text = kind.sub(lambda found: seen.setdefault(found[0], made(len(seen) + 1)), text)  # noqa: B023
    text = re.sub(r"(?<=cursor=)[\w:%-]+", "…", text).replace("http://testserver", "https://carina.example")
    answered: dict[str, Any] = json.loads(text)
    return answered


@pytest.fixture
def answers(cast: Cast, film: Any, settings: SettingsWrapper) -> dict[str, Any]:
    """A film's way: sent, analysed, listed, read, signed, corrected; and what can go wrong."""

    def computer(*scopes: Scope) -> Computer:
        return Computer(
            *tokens.create(clinic=cast.clinic_a, name="RIS", by=cast.administrator, scopes=scopes)
        )

    whole, sender = computer(*Scope), computer(Scope.SEND)
    told = {"without_number": whole.submit(film(1), number="")}
    facts = {"patient_last_name": "Example", "patient_birth_date": "1961-04-23", "reason": "Cough and fever"}
    pdf = film(name="scan-2.png", content=b"%PDF-1.4 not a film")
    told["submitted"] = whole.submit(film(1, name="scan-1.png"), pdf, number="P-1007", **facts)
    told["films_refused"] = whole.submit(pdf, number="P-1007")
    told["patient_mismatch"] = whole.submit(film(2), number="P-1007", patient_birth_date="1962")
    scan = Scan.objects.get()
    predict(scan)
    study = f"{STUDIES}{scan.study.public_id}/"
    told["study_list"] = whole.read(f"{STUDIES}?patient_number=P-1007")
    told["study"] = whole.read(study)
    sign(scan, cast.doctor, "covid19")
    told["study_reviews"] = whole.read(f"{study}reviews/")
    told["film_reviews"] = whole.read(f"/api/v1/films/{scan.public_id}/reviews/")
    told["report_being_made"] = whole.read(f"{study}report/")
    told["patient"] = whole.read(f"/api/v1/patients/{scan.study.patient.public_id}/")
    headers = {"Authorization": f"Token {whole.plain}", "If-Match": told["study"].headers["ETag"]}
    json_body = {"content_type": "application/json", "headers": headers}
    told["changed_meanwhile"] = whole.client.patch(study, {"urgent": True}, **json_body)
    headers["If-Match"] = whole.read(study).headers["ETag"]
    told["not_changeable"] = whole.client.patch(study, {"state": "reviewed", "Urgent": True}, **json_body)
    told["scope_missing"] = sender.read(study)
    return in_order({name: answer.json() for name, answer in told.items()})


def test_the_examples_are_what_the_api_answers(answers: dict[str, Any]) -> None:
    if os.environ.get("CARINA_WRITE_EXAMPLES"):
        FOLDER.mkdir(exist_ok=True)
        for name, answer in answers.items():
            text = json.dumps(answer, ensure_ascii=False, indent=2)
            (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    assert {path.stem for path in FOLDER.glob("*.json")} == set(answers)
    for name, answer in answers.items():
        assert body(name) == answer, f"{name}: look at it, then CARINA_WRITE_EXAMPLES=1 pytest {__file__}"

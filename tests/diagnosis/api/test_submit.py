"""A clinic's computer sends a study: whole or not at all, and a repeat does no harm."""

import threading
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection

from accounts import audit, tokens
from accounts.models import AuditEvent
from diagnosis.models import Door, Patient, Scan, Study, Submission
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer

PDF = b"%PDF-1.7 not a film"


def assert_problem(response, status: int, kind: str = "about:blank") -> dict:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["type"] == (kind if kind == "about:blank" else f"urn:carina:problem:{kind}")
    assert body["title"]
    assert body["detail"]
    return body


def assert_nothing_was_made() -> None:
    assert not Study.objects.exists()
    assert not Patient.objects.exists()
    assert not Scan.objects.exists()
    assert not Submission.objects.exists()


def actions() -> list[str]:
    return list(AuditEvent.objects.exclude(action__startswith="token.").values_list("action", flat=True))


def test_a_study_with_two_films_is_made_and_queued(
    computer: Computer, film, announced, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = computer.submit(
            film(1, name="one.png"),
            film(2, name="two.png"),
            patient_last_name="Phantom",
            patient_birth_date="1961-04-23",
            patient_sex="female",
            symptoms_onset="2026-03-01",
            pcr_result="pending",
            urgent="true",
        )
    assert response.status_code == 201, response.content
    body = response.json()
    study = Study.objects.get(public_id=body["id"])
    assert response.headers["Location"] == body["url"] == f"http://testserver{STUDIES}{body['id']}/"
    assert (body["state"], study.door, study.urgent) == ("waiting", Door.API, True)
    assert (study.clinic, study.created_by) == (computer.token.clinic, None)
    assert (study.patient.last_name, study.patient.sex) == ("Phantom", "female")
    assert study.patient.birth_date.isoformat() == "1961-04-23"
    assert (study.symptoms_onset.isoformat(), study.pcr_result) == ("2026-03-01", "pending")
    assert [(one["name"], one["outcome"]) for one in body["films"]] == [
        ("one.png", "received"),
        ("two.png", "received"),
    ]
    assert "esearch use" in body["notice"]
    assert announced() == [scan.pk for scan in study.scans.all()]
    assert actions() == ["patient.created", "study.created", "scan.received", "scan.received"]
    assert AuditEvent.objects.latest("sequence").actor == f"token:{computer.token.prefix}"
    assert not list(audit.verify())


def test_a_refused_film_does_not_cost_the_others(computer: Computer, film) -> None:
    response = computer.submit(film(1), film(name="letter.png", content=PDF))
    assert response.status_code == 201
    kept, refused = response.json()["films"]
    assert kept["outcome"] == "received"
    assert (refused["name"], refused["outcome"]) == ("letter.png", "refused")
    assert refused["code"] == "unsupported_format"
    assert "PDF" in refused["message"]
    assert Scan.objects.count() == 1
    assert actions()[-1] == "scan.refused"


def test_when_all_films_are_refused_nothing_is_left(computer: Computer, film) -> None:
    response = computer.submit(film(name="a.png", content=PDF), film(name="b.png", content=b""), key="1")
    body = assert_problem(response, 422, "films_refused")
    assert [one["code"] for one in body["films"]] == ["unsupported_format", "empty"]
    assert_nothing_was_made()
    assert actions() == ["scan.refused", "scan.refused"]


def test_without_a_film_nothing_is_made(computer: Computer) -> None:
    body = assert_problem(computer.submit(), 400, "invalid")
    assert list(body["errors"]) == ["film"]
    assert_nothing_was_made()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"number": "  "}, "patient_number"),
        ({"number": "x" * 65}, "patient_number"),
        ({"patient_birth_date": "23.04.1961"}, "patient_birth_date"),
        ({"patient_birth_date": "2961-04-23"}, "patient_birth_date"),
        ({"patient_sex": "f"}, "patient_sex"),
        ({"symptoms_onset": "2961-04-23"}, "symptoms_onset"),
        ({"pcr_result": "maybe"}, "pcr_result"),
        ({"taken_at": "yesterday"}, "taken_at"),
        ({"patient_birthdate": "1961-04-23"}, "patient_birthdate"),
        ({"reason": "a\x00b"}, "reason"),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_made(
    computer: Computer, film, fields: dict[str, str], wrong: str
) -> None:
    body = assert_problem(computer.submit(film(), **fields), 400, "invalid")
    assert list(body["errors"]) == [wrong]
    assert_nothing_was_made()


def test_a_field_sent_twice_is_not_guessed(computer: Computer, film) -> None:
    body = assert_problem(computer.submit(film(), patient_last_name=["A", "B"]), 400, "invalid")
    assert list(body["errors"]) == ["patient_last_name"]


def test_another_patient_under_the_number_is_never_merged(computer: Computer, film) -> None:
    computer.submit(film(1), patient_last_name="Phantom", patient_birth_date="1961-04-23")
    response = computer.submit(film(2), patient_last_name="Other", patient_birth_date="1961-04-23")
    body = assert_problem(response, 409, "patient_mismatch")
    assert list(body["errors"]) == ["patient_last_name"]
    assert "Phantom" not in response.content.decode()
    assert (Study.objects.count(), Scan.objects.count()) == (1, 1)
    assert Patient.objects.get().last_name == "Phantom"


def test_a_repeat_with_its_key_returns_the_first_answer(computer: Computer, film) -> None:
    first = computer.submit(film(1), film(name="x.png", content=PDF), key="7f1f6f0c")
    events = AuditEvent.objects.count()
    again = computer.submit(film(1), film(name="x.png", content=PDF), key="7f1f6f0c")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert (Study.objects.count(), Scan.objects.count()) == (1, 1)
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize(("seed", "fields"), [(1, {"reason": "Other"}), (2, {"reason": "Cough"}), (1, {})])
def test_a_key_with_other_content_is_refused(
    computer: Computer, film, seed: int, fields: dict[str, str]
) -> None:
    computer.submit(film(1), key="k", reason="Cough")
    assert_problem(computer.submit(film(seed), key="k", **fields), 422, "key_reused")
    assert Study.objects.count() == 1


def test_keys_differ_by_case_and_by_clinic(computer: Computer, their_computer: Computer, film) -> None:
    assert computer.submit(film(1), key="key").status_code == 201
    assert computer.submit(film(2), key="KEY").status_code == 201
    assert their_computer.submit(film(1), key="key").status_code == 201
    assert Study.objects.count() == 3


def test_after_a_refusal_the_key_is_free_for_the_corrected_request(computer: Computer, film) -> None:
    assert computer.submit(film(content=PDF), key="k").status_code == 422
    assert computer.submit(film(1), key="k").status_code == 201


def test_an_unusable_key_is_refused(computer: Computer, film) -> None:
    assert_problem(computer.submit(film(), key="k" * 201), 400, "bad_key")
    assert_nothing_was_made()


def test_a_repeat_without_a_key_makes_no_second_study(computer: Computer, film) -> None:
    first = computer.submit(film(1), film(2))
    again = computer.submit(film(1), film(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert {one["outcome"] for one in again.json()["films"]} == {"duplicate"}
    assert Study.objects.count() == 1


def test_films_of_another_patient_are_not_taken_for_this_one(computer: Computer, film) -> None:
    computer.submit(film(1), number="P-1")
    body = assert_problem(computer.submit(film(1), number="P-2"), 409, "films_on_record")
    assert body["films"][0]["outcome"] == "other_patient"
    assert "another patient" in body["films"][0]["message"]
    assert list(Patient.objects.values_list("number", flat=True)) == ["P-1"]


def test_beside_a_new_film_that_of_another_patient_is_told_apart_from_a_repeat(
    computer: Computer, film
) -> None:
    computer.submit(film(1), number="P-1")
    sent = computer.submit(film(1), film(2), number="P-2")
    assert [one["outcome"] for one in sent.json()["films"]] == ["other_patient", "received"]
    assert Scan.objects.filter(study__patient__number="P-2").count() == 1


def test_a_new_film_beside_a_known_one_makes_a_study_of_the_new_one(computer: Computer, film) -> None:
    first = computer.submit(film(1)).json()
    second = computer.submit(film(1), film(2)).json()
    assert [one["outcome"] for one in second["films"]] == ["duplicate", "received"]
    assert [one["study"] for one in second["films"]] == [first["id"], second["id"]]
    assert Study.objects.get(public_id=second["id"]).scans.count() == 1


def test_an_oversized_film_is_dropped_on_the_way_and_the_others_are_kept(
    computer: Computer, film, settings: LazySettings, tmp_path: Path
) -> None:
    settings.MAX_FILM_BYTES = 3 * 1024 * 1024
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    huge = film(name="huge.png", content=film(2).read() + b"\x00" * 8 * 1024 * 1024)
    response = computer.submit(huge, film(1))
    assert response.status_code == 201
    refused, kept = response.json()["films"]
    assert (refused["name"], refused["code"]) == ("huge.png", "too_many_bytes")
    assert kept["outcome"] == "received"


def test_a_token_is_touched_by_its_use(computer: Computer, film) -> None:
    computer.submit(film())
    computer.token.refresh_from_db()
    assert computer.token.last_used_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_same_request_many_times_at_once_makes_one_study(
    cast: Cast, computer: Computer, film, announced
) -> None:
    answers = []
    start = threading.Barrier(4)

    def run() -> None:
        try:
            sender = Computer(computer.token, computer.plain)
            start.wait()
            answers.append(sender.submit(film(9), key="same", patient_last_name="Phantom"))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (Study.objects.count(), Patient.objects.count(), Scan.objects.count()) == (1, 1, 1)
    assert announced() == [Scan.objects.get().pk]
    assert not list(audit.verify())


def test_a_revoked_token_submits_nothing(cast: Cast, computer: Computer, film) -> None:
    tokens.revoke(token=computer.token, by=cast.administrator)
    assert_problem(computer.submit(film()), 401)
    assert_nothing_was_made()

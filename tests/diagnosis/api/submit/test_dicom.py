"""DICOM films in a submission: their header names patient and study, and what was typed has to agree."""

import io
from datetime import date

import pytest

from accounts.audit import verify
from accounts.models import AuditEvent
from diagnosis.imaging.refusal import Refusal
from diagnosis.models import DicomSender, Door, HeldFilm, Patient, Scan, Study
from diagnosis.services import reconcile, storage
from diagnosis.services.intake.dicom import Origin, receive_instance
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.submit.made import actions, assert_nothing_was_made, assert_problem
from tests.dicom_studies import SERIES, STUDY, dicom_film
from tests.films import phantom_png


def refused_for() -> list[str]:
    """The codes of the refusals on record."""
    return [event.facts["code"] for event in AuditEvent.objects.filter(action="scan.refused")]


def sent(computer: Computer, film, *films: bytes, key: str = "", **fields: str):
    headers = {"Authorization": f"Token {computer.plain}"} | ({"Idempotency-Key": key} if key else {})
    data = {**fields, "film": [film(name=f"IM{n}", content=one) for n, one in enumerate(films)]}
    return computer.client.post(STUDIES, data, headers=headers)


def test_nothing_need_be_typed(computer: Computer, film) -> None:
    response = sent(computer, film, dicom_film(1), dicom_film(2, seed=1), urgent="true")
    assert response.status_code == 201, response.content
    study = Study.objects.get()
    assert (study.instance_uid, study.accession_number, study.urgent) == (STUDY, "A-77", True)
    assert (study.patient.number, study.patient.last_name) == ("P-1", "Phantom")
    assert {scan.sop_instance_uid for scan in study.scans.all()} == {f"{SERIES}.1", f"{SERIES}.2"}
    assert study.scans.first().header["patient_number"] == "P-1"  # type: ignore[union-attr]


def test_a_later_film_makes_its_study_urgent_and_changes_nothing_that_is_on_record(
    computer: Computer, film
) -> None:
    sent(computer, film, dicom_film(1), symptoms="cough")
    assert sent(computer, film, dicom_film(2, seed=1), symptoms="fever", urgent="true").status_code == 200
    study = Study.objects.get()
    assert (study.symptoms, study.urgent, study.scans.count()) == ("cough", True, 2)
    assert actions().count("study.updated") == 1
    assert [fault.message for fault in verify() if "study" in fault.message] == []


def test_typed_values_that_agree_are_taken(computer: Computer, film) -> None:
    response = sent(
        computer, film, dicom_film(), patient_number="p-1", patient_last_name="PHANTOM",
        patient_birth_date="1961-04-23", reason="Trauma", pcr_result="pending",
    )  # fmt: skip
    assert response.status_code == 201, response.content
    study = Study.objects.get()
    assert (study.reason, study.pcr_result) == ("Trauma", "pending")


@pytest.mark.parametrize(
    "typed",
    [
        {"patient_number": "P-2"},
        {"patient_last_name": "Other"},
        {"patient_birth_date": "1961-04-24"},
        {"patient_sex": "male"},
        {"accession_number": "A-78"},
        {"taken_at": "2026-03-03T09:15:00Z"},
    ],
)
def test_what_contradicts_the_header_is_refused_in_words(
    computer: Computer, film, typed: dict[str, str]
) -> None:
    body = assert_problem(sent(computer, film, dicom_film(), **typed), 409, "header_mismatch")
    assert list(body["errors"]) == list(typed)
    assert_nothing_was_made()
    assert refused_for() == ["header_mismatch"]


@pytest.mark.parametrize("tags", [{"StudyInstanceUID": "1.2.3"}, {"PatientID": "P-2"}])
def test_films_of_several_studies_are_refused_in_words(computer: Computer, film, tags) -> None:
    response = sent(computer, film, dicom_film(1), dicom_film(2, seed=1, **tags))
    assert "several" in assert_problem(response, 422, "several_studies")["detail"]
    assert_nothing_was_made()
    assert refused_for() == ["other_study", "other_study"]


def test_a_film_without_a_number_needs_it_typed(computer: Computer, film) -> None:
    body = assert_problem(sent(computer, film, dicom_film(PatientID="")), 400, "invalid")
    assert "DICOM" in body["errors"]["patient_number"][0]
    assert sent(computer, film, dicom_film(PatientID=""), patient_number="P-4").status_code == 201
    assert Study.objects.get().patient.number == "P-4"


def test_a_picture_without_a_number_is_refused(computer: Computer, film) -> None:
    response = computer.client.post(
        STUDIES, {"film": film()}, headers={"Authorization": f"Token {computer.plain}"}
    )
    assert "patient_number" in assert_problem(response, 400, "invalid")["errors"]


def test_a_picture_and_a_film_go_into_one_study(computer: Computer, film) -> None:
    headers = {"Authorization": f"Token {computer.plain}"}
    data = {"film": [film(), film(name="IM1", content=dicom_film())]}
    assert computer.client.post(STUDIES, data, headers=headers).status_code == 201
    assert Study.objects.get().scans.count() == 2


def test_more_films_of_a_study_join_it(computer: Computer, film) -> None:
    first = sent(computer, film, dicom_film(1)).json()
    response = sent(computer, film, dicom_film(2, seed=1), key="k")
    assert (response.status_code, response.json()["id"]) == (200, first["id"])
    again = sent(computer, film, dicom_film(2, seed=1), key="k")
    assert (again.status_code, again.json()) == (200, response.json())
    assert Study.objects.get().scans.count() == 2


def test_the_same_film_again_makes_nothing(computer: Computer, film) -> None:
    first = sent(computer, film, dicom_film())
    again = sent(computer, film, dicom_film())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["films"][0]["outcome"] == "duplicate"
    assert (Study.objects.count(), Scan.objects.count()) == (1, 1)


def test_case_12_other_bytes_under_one_identifier_are_refused(computer: Computer, film) -> None:
    sent(computer, film, dicom_film())
    body = assert_problem(sent(computer, film, dicom_film(seed=1)), 422, "films_refused")
    assert body["films"][0]["code"] == "uid_taken"
    assert Scan.objects.count() == 1
    assert actions().count("scan.conflict") == 1
    assert sent(computer, film, dicom_film(seed=1), dicom_film(2, seed=2)).status_code == 200
    assert actions().count("scan.conflict") == 2


def test_a_film_that_waits_for_a_person_is_not_filed_and_on_record(computer: Computer, film) -> None:
    clinic = computer.token.clinic
    origin = Origin(clinic, computer.token, Door.DICOMWEB)
    waiting = dicom_film(PatientID="")
    assert receive_instance(origin=origin, film=io.BytesIO(waiting), name="a.dcm").outcome == "held"
    body = assert_problem(sent(computer, film, waiting, patient_number="P-1"), 422, "films_refused")
    assert body["films"][0]["code"] == Refusal.HELD
    assert actions().count("held_film.received_again") == 1
    assert not Scan.objects.exists()


def test_case_11_films_of_somebody_else_wait_for_a_person_as_by_every_door(computer: Computer, film) -> None:
    sent(computer, film, dicom_film())
    person = dicom_film(2, seed=1, StudyInstanceUID="1.2.3", PatientName="Other^Eva")
    study = dicom_film(3, seed=2, PatientID="P-2")
    for content, why in ((person, "other_person"), (study, "other_study")):
        answer = sent(computer, film, content, urgent="true")
        assert answer.status_code == 202, answer.content
        body = answer.json()
        assert body["state"] == "held"
        assert (body["films"][0]["outcome"], body["films"][0]["code"]) == ("held", why)
        held = HeldFilm.objects.get(why=why)
        assert body["films"][0]["held"].endswith(f"/reconcile/{held.public_id}/")
        assert (held.door, held.clinic) == (Door.API, computer.token.clinic)
        assert storage.path_of(held.original).read_bytes() == content
    assert refused_for() == []
    assert (Patient.objects.count(), Scan.objects.count(), HeldFilm.objects.count()) == (1, 1, 2)


def test_a_held_film_that_comes_again_is_said_to_wait_and_kept_once(computer: Computer, film) -> None:
    sent(computer, film, dicom_film())
    other = dicom_film(2, seed=1, PatientName="Other^Eva")
    for outcome in ("held", "duplicate"):
        answer = sent(computer, film, other, key="once")
        assert (answer.status_code, answer.json()["films"][0]["outcome"]) == (202, outcome)
        assert answer.json()["films"][0]["held"]
    assert HeldFilm.objects.count() == 1


def test_what_was_sent_with_a_held_film_goes_to_its_examination(computer: Computer, film, cast: Cast) -> None:
    sent(computer, film, dicom_film())
    said = {"symptoms": "cough", "symptoms_onset": "2025-12-30", "pcr_result": "positive"}
    for number, facts in ((2, said), (3, {"symptoms": "fever", "urgent": "true"})):
        other = dicom_film(number, seed=number, StudyInstanceUID="1.2.3", PatientName="Other^Eva")
        assert sent(computer, film, other, **facts).status_code == 202
    first, second = HeldFilm.objects.order_by("pk")
    study = reconcile.file_under(held=first, number="P-9", actor=cast.doctor)
    study.refresh_from_db()
    assert (study.symptoms, study.pcr_result, study.urgent) == ("cough", "positive", False)
    assert study.symptoms_onset == date(2025, 12, 30)
    assert reconcile.file_under(held=second, number="P-9", actor=cast.doctor) == study
    study.refresh_from_db()
    assert (study.symptoms, study.urgent) == ("cough", True)  # nothing that is on record is changed
    assert [fault.message for fault in verify() if "study" in fault.message] == []


@pytest.mark.parametrize("more", ["typed", "picture"])
def test_what_a_held_film_could_not_keep_is_refused_for_its_sender_to_correct(
    computer: Computer, film, more: str
) -> None:
    sent(computer, film, dicom_film())
    other = dicom_film(2, seed=1, StudyInstanceUID="1.2.3", PatientName="", PatientID="P-1")
    if more == "typed":  # the header alone would be filed under somebody else
        answer = sent(computer, film, other, patient_last_name="Other")
        assert_problem(answer, 409, "patient_mismatch")
    else:
        named = dicom_film(2, seed=1, PatientName="Other^Eva")
        assert_problem(sent(computer, film, named, phantom_png(3)), 409, "patient_mismatch")
    assert (Scan.objects.count(), HeldFilm.objects.count()) == (1, 0)


def test_a_film_without_a_character_set_is_read_as_the_clinics_machines_are_set(
    computer: Computer, film
) -> None:
    DicomSender.objects.create(
        clinic=computer.token.clinic, ae_title="ROOM1", address="10.0.0.1", character_set="ISO_IR 100"
    )
    content = dicom_film(SpecificCharacterSet=None, PatientName="M__ller^Ada")
    content = content.replace(b"M__ller^Ada", "Müüller^Ada".encode("latin-1"))
    assert sent(computer, film, content).status_code == 201
    assert Patient.objects.get().last_name == "Müüller"
    assert Scan.objects.get().header["last_name"] == "Müüller"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"PatientName": "Other^Eva"}, {}),
        ({"PatientBirthDate": "19700101"}, {}),
        ({"PatientSex": "M"}, {"PatientSex": "F"}),
        ({"IssuerOfPatientID": "NORTH"}, {"IssuerOfPatientID": "SOUTH"}),
    ],
)
def test_films_of_two_people_under_one_number_are_not_one_study(
    computer: Computer, film, one: dict[str, str], other: dict[str, str]
) -> None:
    response = sent(computer, film, dicom_film(1, **one), dicom_film(2, seed=1, **other))
    assert response.status_code == 422, response.content
    assert_nothing_was_made()

"""The patient's page and corrections to the record."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import Patient, Study
from diagnosis.services import patients
from tests.conftest import Cast
from tests.films import analysed_scan

SHOWN = {
    "number": "P-1",
    "first_name": "Ada",
    "last_name": "Phantom",
    "birth_date": "",
    "sex": "unknown",
    "initial-number": "P-1",
    "initial-first_name": "Ada",
    "initial-last_name": "Phantom",
    "initial-birth_date": "",
    "initial-sex": "unknown",
}
"""What the edit page of the tests' patient sends back where nobody changed anything."""


def test_all_studies_are_there_in_time_order_and_opening_is_on_record(doctor: Client, cast: Cast) -> None:
    older = analysed_scan(cast.clinic_a, cast.doctor, seed=1).study
    newer = analysed_scan(cast.clinic_a, cast.doctor, seed=2).study
    Study.objects.filter(pk=newer.pk).update(taken_at=timezone.now() - timedelta(days=1))
    Study.objects.filter(pk=older.pk).update(taken_at=timezone.now() - timedelta(days=9))
    other = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=3).study
    page = doctor.get(f"/patients/{older.patient.public_id}/").content.decode()
    assert 0 < page.index(str(newer.public_id)) < page.index(str(older.public_id))
    assert str(other.public_id) not in page
    event = AuditEvent.objects.get(action="patient.viewed")
    assert event.subject == f"patient:{older.patient.public_id}"


def test_another_clinic_finds_no_such_patient(stranger: Client, cast: Cast) -> None:
    patient = analysed_scan(cast.clinic_a, cast.doctor).study.patient
    assert stranger.get(f"/patients/{patient.public_id}/").status_code == 404
    assert stranger.post(f"/patients/{patient.public_id}/edit/", {"number": "X"}).status_code == 404
    assert Patient.objects.get(pk=patient.pk).number == "P-1"


def test_a_correction_is_kept_and_on_record(technician: Client, cast: Cast) -> None:
    patient = analysed_scan(cast.clinic_a, cast.doctor).study.patient
    technician.post(f"/patients/{patient.public_id}/edit/", {**SHOWN, "first_name": "Ana", "sex": "female"})
    patient.refresh_from_db()
    assert (patient.first_name, patient.sex) == ("Ana", "female")
    assert AuditEvent.objects.get(action="patient.updated").facts == {"fields": ["first_name", "sex"]}


def test_a_number_that_is_taken_is_said_at_the_field(technician: Client, cast: Cast) -> None:
    patient = analysed_scan(cast.clinic_a, cast.doctor, number="P-1", seed=1).study.patient
    analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    response = technician.post(
        f"/patients/{patient.public_id}/edit/", {"number": "P-2", "sex": "unknown", "first_name": "kept"}
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "belongs to another patient" in page
    assert 'value="kept"' in page


def test_an_old_page_does_not_undo_a_colleagues_correction(technician: Client, cast: Cast) -> None:
    patient = analysed_scan(cast.clinic_a, cast.doctor).study.patient
    patients.update_patient(patient=patient, actor=cast.colleague, last_name="Corrected", sex="female")
    technician.post(f"/patients/{patient.public_id}/edit/", {**SHOWN, "first_name": "Adah"})
    patient.refresh_from_db()
    assert (patient.first_name, patient.last_name, patient.sex) == ("Adah", "Corrected", "female")

"""A patient's number that came with another name leaves an event, by whatever door, and changes nothing."""

from django.test import Client

from accounts import tokens
from accounts.models import AuditEvent
from diagnosis.models import Study
from tests.conftest import Cast
from tests.diagnosis.views.intake.form import NEW, film, form
from tests.films import analysed_scan


def mismatches() -> list[tuple[str, str, list[str]]]:
    found = AuditEvent.objects.filter(action="patient.mismatch").order_by("sequence")
    assert not any("Quagmire" in str(event.facts) for event in found)
    return [(event.actor, event.subject, event.facts["fields"]) for event in found]


def test_in_the_form(cast: Cast) -> None:
    patient = analysed_scan(cast.clinic_a, cast.doctor, number="P-9").study.patient
    technician = Client()
    technician.force_login(cast.technician)
    for _ in range(3):
        assert technician.post(NEW, form(last_name="Quagmire")).status_code == 422
    subject = f"patient:{patient.public_id}"
    assert mismatches() == [(cast.technician.email, subject, ["last_name"])]
    assert Study.objects.count() == 1


def test_when_a_film_is_moved(cast: Cast) -> None:
    patient = analysed_scan(cast.clinic_a, cast.doctor, number="P-9").study.patient
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="P-8", seed=1)
    technician = Client()
    technician.force_login(cast.technician)
    sent = {"number": "P-9", "last_name": "Quagmire", "sex": "unknown"}
    assert technician.post(f"/scans/{scan.public_id}/move/", sent).status_code == 422
    assert mismatches() == [(cast.technician.email, f"patient:{patient.public_id}", ["last_name"])]


def test_by_the_api(cast: Cast) -> None:
    patient = analysed_scan(cast.clinic_a, cast.doctor, number="P-9").study.patient
    token, key = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
    sent = {"patient_number": "P-9", "patient_last_name": "Quagmire", "film": film()}
    answer = Client().post("/api/v1/studies/", sent, headers={"Authorization": f"Token {key}"})
    assert answer.status_code == 409
    assert mismatches() == [(f"token:{token.prefix}", f"patient:{patient.public_id}", ["last_name"])]

"""A number that is known says whose record it led to."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import Patient, Study
from tests.conftest import Cast
from tests.diagnosis.views.intake.form import JSON, NEW, film, form
from tests.diagnosis.views.pages import text_of
from tests.films import queued_scan


def test_whoever_is_told_whose_record_it_is_has_looked_at_it(technician: Client, cast: Cast) -> None:
    """Sent once more in another sitting, the form writes nothing and names the patient all the same."""
    patient = queued_scan(cast.clinic_a, cast.doctor, number="P-9").study.patient
    sent = form(first_name="", last_name="", birth_date="", sex="unknown")
    for sitting in (1, 2):
        technician.logout()
        technician.force_login(cast.technician)
        assert "Filed under Ada Phantom" in technician.post(NEW, sent, headers=JSON).json()["filed"]
        found = AuditEvent.objects.filter(action="patient.viewed", subject=f"patient:{patient.public_id}")
        assert [event.actor for event in found] == [cast.technician.email] * sitting


def test_a_number_with_other_names_is_a_conflict_in_words(technician: Client, cast: Cast) -> None:
    queued_scan(cast.clinic_a, cast.doctor, number="P-9")  # Ada Phantom
    response = technician.post(NEW, form())
    assert response.status_code == 422
    assert "is on record with a different last name" in text_of(response)
    assert Study.objects.count() == 1


def test_a_known_number_without_names_finds_the_patient(technician: Client, cast: Cast) -> None:
    patient = queued_scan(cast.clinic_a, cast.doctor, number="P-9").study.patient
    blank = {"first_name": "", "last_name": "", "birth_date": "", "sex": "unknown"}
    technician.post(NEW, form(**blank))
    assert patient.studies.count() == 2


def known_patient(cast: Cast) -> None:
    patient = queued_scan(cast.clinic_a, cast.doctor, number="1234").study.patient
    Patient.objects.filter(pk=patient.pk).update(birth_date=date(1950, 5, 1))


@pytest.mark.parametrize(("typed", "level"), [("", "warning"), ("Ada", "info")])
def test_a_known_number_says_whose_record_it_led_to(
    technician: Client, cast: Cast, typed: str, level: str
) -> None:
    known_patient(cast)
    sent = form(number="1234", first_name=typed, last_name="", birth_date="", sex="unknown")
    response = technician.post(NEW, sent | {"films": [film()]}, follow=True)
    said = [(message.level_tag, message.message) for message in response.context["messages"]]
    assert (level, said[0][1]) == said[0]
    assert said[0][1].startswith("Filed under Ada Phantom, born 1 May 1950, number 1234.")


def test_our_script_is_told_whose_record_a_known_number_led_to(technician: Client, cast: Cast) -> None:
    known_patient(cast)
    blank = form(number="1234", first_name="", last_name="", birth_date="", sex="unknown")
    for _ in range(2):  # the second: the line broke before the first answer came
        answer = technician.post(NEW, blank, headers=JSON).json()
        assert answer["filed"].startswith("Filed under Ada Phantom, born 1 May 1950, number 1234.")
        assert answer["level"] == "warning"
    unlike = form(number="1243", accession_number="")
    assert "filed" not in technician.post(NEW, unlike, headers=JSON).json()


def test_a_new_number_that_looks_like_a_known_one_is_told(technician: Client, cast: Cast) -> None:
    known_patient(cast)
    answer = technician.post(NEW, form(number="01-234", accession_number=""), headers=JSON).json()
    assert (answer["level"], "number looks almost the same" in answer["filed"]) == ("warning", True)
    page = text_of(technician.post(NEW, form(number="12.34", accession_number=""), follow=True))
    assert "number looks almost the same" in page

"""Whoever saves second is told what the first wrote; nothing is overwritten unseen, nothing typed is lost."""

import re
import threading
from datetime import date

import pytest
from django.db import connection
from django.test import Client

from diagnosis.models import Patient, Study
from diagnosis.services import patients, studies
from diagnosis.services.corrections import Outdated
from tests.conftest import Cast
from tests.diagnosis.views.intake.test_correcting import as_shown
from tests.diagnosis.views.pages import text_of
from tests.films import queued_scan


def again(page: str, typed: dict[str, str]) -> dict[str, str]:
    """What the form that came back would send if Save were pressed once more."""
    hidden = re.findall(r'<input type="hidden" name="(initial-[^"]+)"(?: value="([^"]*)")?', page)
    return typed | dict(hidden)


def test_the_second_is_told_by_whom_and_may_save_again(technician: Client, cast: Cast) -> None:
    patient = queued_scan(cast.clinic_a, cast.doctor).study.patient
    address = f"/patients/{patient.public_id}/edit/"
    typed = as_shown(technician, address) | {"last_name": "OlderByA", "first_name": "Adah", "sex": "male"}
    patients.update_patient(patient=patient, actor=cast.colleague, last_name="CorrectByB", sex="female")
    response = technician.post(address, typed)
    assert response.status_code == 422
    assert "changed to “CorrectByB” by Colleague Test on" in text_of(response)
    assert "changed to “Female” by Colleague Test on" in text_of(response)
    page = response.content.decode()
    assert 'value="OlderByA"' in page
    assert 'value="Adah"' in page
    patient.refresh_from_db()
    assert (patient.first_name, patient.last_name, patient.sex) == ("Ada", "CorrectByB", "female")
    assert technician.post(address, again(page, typed)).status_code == 302
    patient.refresh_from_db()
    assert (patient.first_name, patient.last_name, patient.sex) == ("Adah", "OlderByA", "male")


def test_a_third_change_is_told_again(technician: Client, cast: Cast) -> None:
    patient = queued_scan(cast.clinic_a, cast.doctor).study.patient
    address = f"/patients/{patient.public_id}/edit/"
    typed = as_shown(technician, address) | {"birth_date": "1970-01-01"}
    patients.update_patient(patient=patient, actor=cast.colleague, birth_date=date(1971, 1, 1))
    page = technician.post(address, typed).content.decode()
    patients.update_patient(patient=patient, actor=cast.colleague, birth_date=None)
    response = technician.post(address, again(page, typed))
    assert response.status_code == 422
    assert "emptied by Colleague Test" in text_of(response)


def test_two_who_mean_the_same_are_not_stopped(technician: Client, cast: Cast) -> None:
    patient = queued_scan(cast.clinic_a, cast.doctor).study.patient
    address = f"/patients/{patient.public_id}/edit/"
    typed = as_shown(technician, address) | {"last_name": "Right"}
    patients.update_patient(patient=patient, actor=cast.colleague, last_name="Right")
    assert technician.post(address, typed).status_code == 302


@pytest.mark.parametrize(
    ("field", "mine", "theirs", "words"),
    [
        ("reason", "fall", {"reason": "cough"}, "changed to “cough”"),
        ("urgent", "on", None, ""),
        (
            "taken_at",
            "2026-05-01T10:00",
            {"taken_at": "2026-05-02T11:30+00:00"},
            "changed to “2 May 2026, 11:30”",
        ),
        ("pcr_result", "positive", {"pcr_result": "negative"}, "changed to “Negative”"),
    ],
)
def test_a_study_too(technician: Client, cast: Cast, field: str, mine: str, theirs: dict, words: str) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    address = f"/studies/{study.public_id}/edit/"
    typed = as_shown(technician, address) | {field: mine}
    if theirs:
        values = Study(**theirs)
        values.clean_fields(exclude=["clinic", "patient"])
        studies.update_study(study=study, actor=cast.colleague, **{field: getattr(values, field)})
    response = technician.post(address, typed)
    assert response.status_code == (422 if theirs else 302)
    assert words in text_of(response)
    if theirs:
        assert technician.post(address, again(response.content.decode(), typed)).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_told(cast: Cast) -> None:
    patient = Patient.objects.create(clinic=cast.clinic_a, number="P-1", last_name="Old")
    told: list[str] = []
    start = threading.Barrier(3)

    def run(name: str) -> None:
        try:
            start.wait()
            patients.update_patient(patient=patient, actor="t", last_name=name, shown={"last_name": "Old"})
        except Outdated:
            told.append(name)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[name]) for name in ("A", "B", "C")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 2
    assert Patient.objects.get().last_name not in told

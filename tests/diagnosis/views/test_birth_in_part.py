"""A birth date known in part is entered in one field and shown as what it is, on every page."""

import pytest
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import Patient
from tests.conftest import Cast
from tests.diagnosis.views.intake.form import NEW, form
from tests.diagnosis.views.intake.test_correcting import as_shown
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan

TAKEN = "2026-03-02T10:00"


@pytest.mark.parametrize(
    ("typed", "tick", "kept", "born", "age"),
    [
        ("1961", {}, "1961", "1961", "about 64 y"),
        ("196104", {}, "1961-04", "April 1961", "64 y"),
        ("1961", {"birth_estimated": "on"}, "1961", "about 1961", "about 64 y"),
        ("1961-04-12", {}, "1961-04-12", "12 Apr 1961", "64 y"),
    ],
)
def test_what_is_known_is_entered_and_shown(
    technician: Client, typed: str, tick: dict[str, str], kept: str, born: str, age: str
) -> None:
    technician.post(NEW, form(birth_date=typed, taken_at=TAKEN, sex="female", **tick))
    patient = Patient.objects.get()
    study = patient.studies.get()
    assert (patient.birth_date, patient.birth_estimated) == (kept, bool(tick))
    assert f"born {born} female" in text_of(technician.get(f"/patients/{patient.public_id}/"))
    assert f"{age}, female" in text_of(technician.get(f"/studies/{study.public_id}/"))
    report = text_of(technician.get(f"/studies/{study.public_id}/report/"))
    assert f"Born {born} Age, sex {age}, female" in report
    assert f"{age}, female" in text_of(technician.get("/worklist/", follow=True))


@pytest.mark.parametrize("typed", ["61", "04/1961", "1961-13"])
def test_a_field_that_cannot_be_read_says_what_it_takes(technician: Client, typed: str) -> None:
    response = technician.post(NEW, form(birth_date=typed))
    assert response.status_code == 422
    assert "1961, 1961-04 or 1961-04-12" in text_of(response)
    assert f'value="{typed}"' in response.content.decode()


def test_a_tick_without_a_year_asks_for_it(technician: Client) -> None:
    response = technician.post(NEW, form(birth_date="", birth_estimated="on"))
    assert response.status_code == 422
    assert "the year is enough" in text_of(response)
    assert not Patient.objects.exists()


def test_a_correction_is_on_record_and_changes_nothing_else(technician: Client, cast: Cast) -> None:
    patient = analysed_scan(cast.clinic_a, cast.doctor).study.patient
    Patient.objects.filter(pk=patient.pk).update(birth_date="1961", birth_estimated=True)
    address = f"/patients/{patient.public_id}/edit/"
    untouched = as_shown(technician, address) | {"birth_estimated": "on"}
    technician.post(address, untouched)
    assert not AuditEvent.objects.filter(action="patient.updated").exists()
    del untouched["birth_estimated"]
    assert technician.post(address, untouched | {"birth_date": "1961-4-2"}).status_code == 302
    patient.refresh_from_db()
    assert (patient.birth_date, patient.birth_estimated) == ("1961-04-02", False)
    event = AuditEvent.objects.get(action="patient.updated")
    assert event.facts == {"fields": ["birth_date", "birth_estimated"]}
    assert set(next(iter(event.seals["rows"].values()))) == {"birth_date", "birth_estimated"}


def test_who_saves_second_is_told_the_birth_date_in_words(technician: Client, cast: Cast) -> None:
    patient = analysed_scan(cast.clinic_a, cast.doctor).study.patient
    address = f"/patients/{patient.public_id}/edit/"
    typed = as_shown(technician, address) | {"birth_date": "1970"}
    Patient.objects.filter(pk=patient.pk).update(birth_date="1971-05")
    response = technician.post(address, typed)
    assert response.status_code == 422
    assert "changed to “May 1971”" in text_of(response)

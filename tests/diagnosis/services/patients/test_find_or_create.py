"""Patients are found or made, never merged in silence."""

from datetime import date

import pytest

from accounts.models import AuditEvent
from diagnosis.models import Patient
from diagnosis.services import patients
from diagnosis.services.patients import PatientMismatch
from tests.conftest import Cast
from tests.diagnosis.services.patients.numbers import patient
from tests.diagnosis.services.record import actions


def test_a_number_is_one_patient(cast: Cast) -> None:
    one = patient(cast, last_name="Phantom")
    assert patient(cast, last_name="PHANTOM ") == one
    assert patient(cast, "  p-1 ") == one
    assert patient(cast, "P-2") != one
    assert actions() == ["patient.created", "patient.created"]


def test_the_number_of_another_clinic_is_another_patient(cast: Cast) -> None:
    ours = patient(cast, last_name="Phantom")
    theirs = patients.find_or_create_patient(
        clinic=cast.clinic_b, number="P-1", actor=cast.stranger, last_name="Other"
    )
    assert theirs != ours
    assert theirs.last_name == "Other"


@pytest.mark.parametrize(
    ("facts", "fields"),
    [
        ({"last_name": "Other"}, ("last_name",)),
        ({"birth_date": date(1970, 1, 2)}, ("birth_date",)),
        ({"sex": "male", "first_name": "Bob"}, ("first_name", "sex")),
    ],
)
def test_other_facts_under_a_known_number_are_never_merged(
    cast: Cast, facts: dict[str, object], fields: tuple[str, ...]
) -> None:
    patient(cast, first_name="Ada", last_name="Phantom", birth_date=date(1970, 1, 1), sex="female")
    before = Patient.objects.values().get()
    with pytest.raises(PatientMismatch) as caught:
        patient(cast, **facts)
    assert set(caught.value.fields) == set(fields)
    assert "P-1" in caught.value.message
    assert "Phantom" not in caught.value.message
    assert Patient.objects.values().get() == before
    assert actions() == ["patient.created"]


def test_what_the_record_lacks_is_filled_in_and_that_is_on_record(cast: Cast) -> None:
    one = patient(cast, last_name="Phantom")
    patient(cast, last_name="Phantom", first_name="Ada", birth_date=date(1970, 1, 1), sex="unknown")
    one.refresh_from_db()
    assert (one.first_name, one.birth_date) == ("Ada", "1970-01-01")
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.facts) == ("patient.updated", {"fields": ["birth_date", "first_name"]})


def test_a_patient_needs_a_number(cast: Cast) -> None:
    with pytest.raises(ValueError, match="needs a number"):
        patient(cast, "  ")

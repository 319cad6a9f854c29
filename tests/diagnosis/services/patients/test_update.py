"""Corrections of a patient are on record by their fields."""

import pytest

from accounts.models import AuditEvent
from diagnosis.services import patients
from diagnosis.services.patients import NumberTaken
from tests.conftest import Cast
from tests.diagnosis.services.patients.numbers import patient
from tests.diagnosis.services.record import actions


def test_a_correction_names_its_fields_in_the_record_never_their_content(cast: Cast) -> None:
    one = patient(cast, last_name="Phantom")
    patients.update_patient(patient=one, actor=cast.doctor, last_name="Phantome", number="P-9")
    one.refresh_from_db()
    assert (one.last_name, one.number) == ("Phantome", "P-9")
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.actor) == ("patient.updated", cast.doctor.email)
    assert event.facts == {"fields": ["last_name", "number"]}


def test_nothing_changed_is_nothing_on_record(cast: Cast) -> None:
    one = patient(cast, last_name="Phantom")
    patients.update_patient(patient=one, actor=cast.doctor, last_name="Phantom")
    assert actions() == ["patient.created"]


def test_a_number_cannot_be_taken_from_another_patient(cast: Cast) -> None:
    patient(cast, "P-1")
    two = patient(cast, "P-2")
    with pytest.raises(NumberTaken):
        patients.update_patient(patient=two, actor=cast.doctor, number="p-1")
    two.refresh_from_db()
    assert two.number == "P-2"

"""What somebody else stores at this very moment is neither written over nor lost, where rows are locked."""

import pytest

from diagnosis.models import Patient
from diagnosis.services import patients
from diagnosis.services.corrections import Outdated
from diagnosis.services.patients import PatientMismatch
from tests.accounts.race import meets, needs_row_locks
from tests.conftest import Cast
from tests.diagnosis.services.patients.numbers import patient

pytestmark = [needs_row_locks, pytest.mark.django_db(transaction=True)]


def test_a_name_filled_in_meanwhile_is_compared_and_kept(transactional_db: None, cast: Cast) -> None:
    ada = patient(cast, "P-7")
    found = meets(
        lambda: Patient.objects.filter(pk=ada.pk).update(last_name="Phantom"),
        lambda: patient(cast, "P-7", last_name="Other"),
    )
    assert [type(error) for error in found] == [PatientMismatch]
    assert Patient.objects.get().last_name == "Phantom"


def test_a_correction_made_meanwhile_is_shown_and_kept(transactional_db: None, cast: Cast) -> None:
    ada = patient(cast, "P-7", first_name="Ada")
    found = meets(
        lambda: Patient.objects.filter(pk=ada.pk).update(first_name="Bea"),
        lambda: patients.update_patient(
            patient=ada, actor=cast.doctor, shown={"first_name": "Ada"}, first_name="Eve"
        ),
    )
    assert [type(error) for error in found] == [Outdated]
    assert Patient.objects.get().first_name == "Bea"

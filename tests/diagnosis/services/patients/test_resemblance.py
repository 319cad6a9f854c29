"""Who is about to enter a patient twice is shown the first."""

import pytest

from diagnosis.models import Patient
from diagnosis.services import resemblance
from tests.conftest import Cast


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"number": "MRN-1020"}, True),  # two digits swapped, nothing else known
        ({"number": "MRN-1003", "last_name": "Okafor", "first_name": "Nadia"}, True),
        ({"number": "MRN-1003", "last_name": "Brandao", "first_name": "Goran"}, False),  # the next in a row
        ({"number": "X-7", "last_name": "Okafor", "first_name": "Nadja", "birth_date": "1960-03-01"}, True),
        ({"number": "X-7", "last_name": "Okafor", "first_name": "Nadia", "birth_date": "1961-03-01"}, False),
        ({"number": "MRN-1002"}, False),  # it is this patient
    ],
)
def test_a_like_name_of_one_day_or_a_near_number(cast: Cast, facts: dict[str, str], found: bool) -> None:
    known = {"number": "MRN-1002", "first_name": "Nadia", "last_name": "Okafor", "birth_date": "1960-03-01"}
    Patient.objects.create(clinic=cast.clinic_a, **known)
    Patient.objects.create(clinic=cast.clinic_b, **known)
    alike = resemblance.like(clinic=cast.clinic_a.pk, facts=facts)
    assert [patient.clinic for patient in alike] == ([cast.clinic_a] if found else [])

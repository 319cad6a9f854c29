"""A patient of clinic A by their number."""

from diagnosis.models import Patient
from diagnosis.services import patients
from tests.conftest import Cast


def patient(cast: Cast, number: str = "P-1", **facts: object) -> Patient:
    return patients.find_or_create_patient(
        clinic=cast.clinic_a, number=number, actor=cast.technician, **facts
    )

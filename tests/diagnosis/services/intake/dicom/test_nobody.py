"""A number that machines and programs write for nobody names no patient: a person says whose the film is."""

import pytest

from diagnosis.models import HeldFilm, HeldWhy, Patient, Scan
from diagnosis.services.intake.dicom import HELD, RECEIVED
from diagnosis.views.contexts.held import typed
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.dicom_studies import dicom_film


@pytest.mark.django_db
@pytest.mark.parametrize(
    "number", ["0", "000000", "ANONYMOUS", "Anonymized", "unknown", "N/A", "NO ID", "none", "XXXX", "-", "?"]
)
def test_two_people_under_a_number_of_nobody_are_never_one_patient(cast: Cast, number: str) -> None:
    nameless = {"PatientID": number, "PatientName": "", "PatientBirthDate": "", "PatientSex": ""}
    one = send(cast, dicom_film(1, StudyInstanceUID="1.2.3", **nameless))
    other = send(cast, dicom_film(2, seed=1, StudyInstanceUID="1.2.4", **nameless))
    assert (one.outcome, other.outcome) == (HELD, HELD)
    assert (Patient.objects.count(), Scan.objects.count()) == (0, 0)
    held = HeldFilm.objects.first()
    assert held is not None
    assert (held.why, held.header["unreadable"]["number"]) == (HeldWhy.NO_NUMBER, number)
    assert typed(held)["number"] == "", "nobody files it under the number of nobody by one press"


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["P-0", "10", "007", "X1", "None-1"])
def test_a_number_that_only_looks_a_little_like_it_is_one(cast: Cast, number: str) -> None:
    assert send(cast, dicom_film(PatientID=number)).outcome == RECEIVED
    assert Patient.objects.get().number == number

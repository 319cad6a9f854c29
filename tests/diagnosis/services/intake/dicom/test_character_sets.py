"""Case 9: text in no declared character set is read as its sender writes it, or kept raw, not guessed."""

import pytest

from diagnosis.models import Patient, Scan
from diagnosis.services.intake.dicom import RECEIVED
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.dicom_studies import dicom_film


def undeclared(number: int = 1, seed: int = 0) -> bytes:
    """Müller, written in Latin 1 under a header that names no character set."""
    declared = dicom_film(number, seed=seed, SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Ada")
    assert "Müller".encode("latin-1") in declared
    return declared.replace(b"ISO_IR 100", b"          ", 1)


@pytest.mark.django_db
def test_case_9_a_sender_has_a_character_set_for_films_that_name_none(cast: Cast) -> None:
    assert send(cast, undeclared(), character_set="ISO_IR 100").outcome == RECEIVED
    assert Patient.objects.get().last_name == "Müller"
    assert Scan.objects.get().header["assumed"] is True


@pytest.mark.django_db
def test_case_9_without_one_the_name_stays_empty_and_its_bytes_are_kept(cast: Cast) -> None:
    assert send(cast, undeclared()).outcome == RECEIVED
    patient, header = Patient.objects.get(), Scan.objects.get().header
    assert (patient.number, patient.last_name) == ("P-1", "")
    assert "ller" in header["unreadable"]["PatientName"]
    assert "\ufffd" not in str(header)
    assert send(cast, undeclared(2, seed=1), character_set="ISO_IR 100").outcome == RECEIVED
    assert Patient.objects.get().last_name == "Müller", "filled in once it can be read"

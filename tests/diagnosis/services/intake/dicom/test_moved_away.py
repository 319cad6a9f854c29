"""A later film of a study whose films a person moved to another patient waits for a person, too."""

import pytest

from diagnosis.models import HeldFilm, HeldWhy, Patient, Study
from diagnosis.services import reconcile
from diagnosis.services.intake.dicom import HELD, RECEIVED
from diagnosis.services.studies import move_film
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.dicom_studies import STUDY, dicom_film


def moved(cast: Cast) -> Study:
    """The study that a film of P-1 was moved into, P-2's."""
    scan = send(cast).scan
    assert scan is not None
    type(scan).objects.filter(pk=scan.pk).update(status="failed")
    return move_film(scan=scan, number="P-2", actor=cast.doctor, last_name="Other")


@pytest.mark.django_db
def test_it_is_not_filed_under_the_patient_whom_the_first_was_taken_from(cast: Cast) -> None:
    home = moved(cast)
    assert send(cast, dicom_film(2, seed=1)).outcome == HELD
    held = HeldFilm.objects.get()
    assert (held.why, held.study, held.patient) == (HeldWhy.OTHER_STUDY, home, home.patient)
    assert Study.objects.get(instance_uid=STUDY).cancelled_at is not None, "nothing of the record changes"


@pytest.mark.django_db
def test_it_joins_the_first_one_if_a_person_says_so(cast: Cast) -> None:
    home = moved(cast)
    send(cast, dicom_film(2, seed=1))
    assert reconcile.file_on_record(held=HeldFilm.objects.get(), actor=cast.doctor) == home
    assert home.scans.count() == 2


@pytest.mark.django_db
def test_it_goes_back_to_its_own_study_if_a_person_says_so(cast: Cast) -> None:
    moved(cast)
    send(cast, dicom_film(2, seed=1))
    study = reconcile.file_under(held=HeldFilm.objects.get(), number="P-1", actor=cast.doctor)
    assert (study.instance_uid, study.patient, study.cancelled_at) == (
        STUDY,
        Patient.objects.get(number="P-1"),
        None,
    )
    assert send(cast, dicom_film(3, seed=2)).outcome == RECEIVED


@pytest.mark.django_db
def test_the_held_films_of_one_examination_make_one_study(cast: Cast) -> None:
    send(cast)
    other = {"PatientID": "P-2", "PatientName": "Other^Eva"}
    for number in (2, 3):
        assert send(cast, dicom_film(number, seed=number, **other)).outcome == HELD
    homes = {
        reconcile.file_under(held=held, number="P-2", actor=cast.doctor, last_name="Other")
        for held in HeldFilm.objects.all()
    }
    assert len(homes) == 1
    assert Study.objects.get(pk=homes.pop().pk).films_counted == 2

"""A film that contradicts the record is kept for a person, and nothing of the record changes."""

import pytest

from diagnosis.models import HeldFilm, HeldWhy, Patient, Scan, Study
from diagnosis.services import patients
from diagnosis.services.intake.dicom import HELD, RECEIVED
from diagnosis.services.storage import path_of
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.dicom_studies import STUDY, dicom_film


def held(cast: Cast, content: bytes) -> HeldFilm:
    """What was held of a film; nothing else may have changed."""
    before = [list(model.objects.order_by("pk").values()) for model in (Patient, Study, Scan)]
    outcome = send(cast, content)
    assert outcome.outcome == HELD
    assert outcome.is_kept
    assert [list(model.objects.order_by("pk").values()) for model in (Patient, Study, Scan)] == before
    film = HeldFilm.objects.get()
    assert outcome.held == film
    assert path_of(film.original).read_bytes() == content
    return film


@pytest.mark.django_db
@pytest.mark.parametrize(
    "tags",
    [
        {"PatientName": "Phantom^Eva"},
        {"PatientName": "Other^Ada"},
        {"PatientBirthDate": "19610424"},
        {"PatientBirthDate": "19620000"},
        {"PatientSex": "M"},
    ],
)
def test_a_number_of_somebody_else_is_held(cast: Cast, tags: dict[str, str]) -> None:
    send(cast)
    film = held(cast, dicom_film(2, StudyInstanceUID="1.2.3", **tags))
    assert (film.why, film.patient) == (HeldWhy.OTHER_PERSON, Patient.objects.get())
    assert film.header["patient_number"] == "P-1"


@pytest.mark.django_db
def test_case_11_a_study_of_another_patient_is_held(cast: Cast) -> None:
    send(cast)
    film = held(cast, dicom_film(2, PatientID="P-2", PatientName="Other^Eva", PatientBirthDate="19700101"))
    assert (film.why, film.patient, film.study) == (
        HeldWhy.OTHER_STUDY,
        Patient.objects.get(),
        Study.objects.get(),
    )


@pytest.mark.django_db
def test_case_11_a_number_by_another_issuer_is_held(cast: Cast) -> None:
    send(cast, dicom_film(IssuerOfPatientID="NORTH"))
    assert send(cast, dicom_film(3, seed=3)).outcome == RECEIVED, "one that names no issuer"
    assert send(cast, dicom_film(4, seed=4, IssuerOfPatientID="North")).outcome == RECEIVED
    film = held(cast, dicom_film(2, IssuerOfPatientID="SOUTH"))
    assert film.why == HeldWhy.OTHER_PERSON


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["", " ", "​", None])
def test_a_film_without_a_number_is_held(cast: Cast, number: str | None) -> None:
    film = held(cast, dicom_film(PatientID=number))
    assert (film.why, film.patient, film.study) == (HeldWhy.NO_NUMBER, None, None)


@pytest.mark.django_db
def test_case_10_one_patient_in_two_character_sets_is_one_patient(cast: Cast) -> None:
    send(cast, dicom_film(PatientName="Müller^Jürgen"))
    latin = dicom_film(2, seed=1, SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jürgen")
    assert "Müller".encode("latin-1") in latin
    assert send(cast, latin).outcome == RECEIVED
    assert Patient.objects.get().last_name == "Müller"
    assert Study.objects.get().scans.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["MUELLER^JUERGEN", "Muller^Jurgen", "müller^jürgen"])
def test_a_name_in_another_spelling_is_the_same_name(cast: Cast, name: str) -> None:
    send(cast, dicom_film(PatientName="Müller^Jürgen"))
    assert send(cast, dicom_film(2, seed=1, PatientName=name)).outcome == RECEIVED
    assert Patient.objects.get().last_name == "Müller"


@pytest.mark.django_db
def test_what_the_record_lacks_is_filled_in(cast: Cast) -> None:
    patients.find_or_create_patient(clinic=cast.clinic_a, number="P-1", actor=cast.technician)
    assert send(cast).outcome == RECEIVED
    assert Patient.objects.get().birth_date == "1961-04-23"


@pytest.mark.django_db
def test_the_study_of_a_number_that_was_merged_is_found(cast: Cast) -> None:
    from diagnosis.services.merging import merge_patients

    send(cast)
    into = patients.find_or_create_patient(clinic=cast.clinic_a, number="P-9", actor=cast.technician)
    merge_patients(patient=Patient.objects.get(number="P-1"), into=into, actor=cast.administrator, reason="x")
    assert send(cast, dicom_film(2, seed=1)).outcome == RECEIVED
    assert Study.objects.get(instance_uid=STUDY).patient == into

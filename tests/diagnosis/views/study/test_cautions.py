"""A film whose own header does not fit the page around it says so, to its reader and on paper."""

import pytest
from django.test import Client

from diagnosis.models import HeldFilm, Patient, Scan
from diagnosis.services import patients, reconcile
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.diagnosis.views.pages import page_of, text_of
from tests.dicom_studies import dicom_film

ANOTHER_DAY = "By its header this film was taken on another day: 5 Mar 2019, 09:15."
LEFT_OUT = {"StudyDate": None, "StudyTime": None}


def film(cast: Cast, number: int = 1, **tags: object) -> Scan:
    scan = send(cast, dicom_film(number, seed=number, **tags)).scan
    assert scan is not None
    return scan


def test_a_film_that_fits_its_study_says_nothing(doctor: Client, cast: Cast) -> None:
    scan = film(cast, PatientOrientation=["L", "F"], PixelAspectRatio=["1", "1"], PatientAge="064Y")
    page = page_of(doctor, scan)
    assert "its header" not in page.lower()
    assert "film itself" not in page


def test_a_film_of_another_day_in_one_study_shows_its_own(doctor: Client, cast: Cast) -> None:
    film(cast)
    scan = film(cast, 2, StudyDate="20190305")
    assert ANOTHER_DAY in page_of(doctor, scan)
    assert ANOTHER_DAY in text_of(doctor.get(f"/studies/{scan.study.public_id}/report/"))


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (LEFT_OUT, "does not say when it was taken"),
        ({"StudyDate": "20990101"}, "does not say when it was taken"),
        ({"StudyTime": None}, "but not at what time"),
        ({"ViewPosition": "LL"}, "no PA or AP view (LL)"),
        ({"ViewPosition": "LATERAL"}, "no PA or AP view (LATERAL)"),
        ({"ViewPosition": None, "PatientOrientation": ["A", "F"]}, "a lateral view"),
        ({"PatientOrientation": ["R", "F"]}, "mirrored"),
        ({"PatientOrientation": ["F", "R"]}, "not stand upright"),
        ({"PatientOrientation": ["L", "H"]}, "not stand upright"),
        ({"PixelSpacing": ["0.1", "0.2"]}, "not square"),
        ({"PixelAspectRatio": ["2", "1"]}, "not square"),
        ({"PatientBirthDate": "", "PatientAge": "003M"}, "By its header the patient was 3 months old."),
    ],
)
def test_what_the_header_says_is_told(doctor: Client, cast: Cast, tags: dict[str, object], said: str) -> None:
    assert said in page_of(doctor, film(cast, **tags))


@pytest.mark.parametrize("view", ["PA", "AP", "AP SUPINE", "PA_ERECT"])
def test_a_frontal_view_is_none_to_warn_of(doctor: Client, cast: Cast, view: str) -> None:
    assert "By its header this is" not in page_of(doctor, film(cast, ViewPosition=view))


@pytest.mark.parametrize(
    ("name", "why"), [("", "it bears no name"), (b"M\xfcller^Ada", "its name cannot be read")]
)
def test_a_film_that_came_by_its_number_alone_says_so(
    doctor: Client, cast: Cast, name: str | bytes, why: str
) -> None:
    patients.find_or_create_patient(
        clinic=cast.clinic_a, number="P-1", actor=cast.doctor, last_name="Phantom"
    )
    tags = {"PatientName": "", "PatientBirthDate": "", "SpecificCharacterSet": None}
    content = dicom_film(**(tags | {"PatientName": "M?ller^Ada"} if name else tags))
    scan = send(cast, content.replace(b"M?ller", b"M\xfcller")).scan
    assert scan is not None
    assert f"Only its number led this film here, for {why}." in page_of(doctor, scan)


def test_a_film_that_a_person_filed_elsewhere_says_whom_it_names(doctor: Client, cast: Cast) -> None:
    film(cast)
    send(cast, dicom_film(2, seed=2, PatientName="Other^Eva"))
    study = reconcile.file_on_record(held=HeldFilm.objects.get(), actor=cast.doctor)
    page = text_of(doctor.get(f"/studies/{study.public_id}/"))
    assert page.count("The film itself names another patient: Eva Other, number P-1.") == 1


@pytest.mark.parametrize("number", ["", "ANONYMOUS"])
def test_a_film_without_a_number_names_nobody_else(doctor: Client, cast: Cast, number: str) -> None:
    send(cast, dicom_film(PatientID=number))
    study = reconcile.file_under(held=HeldFilm.objects.get(), number="P-7", actor=cast.doctor)
    page = text_of(doctor.get(f"/studies/{study.public_id}/"))
    assert "film itself" not in page
    assert "Only its number" not in page


def test_a_number_that_was_merged_is_the_patients_own(doctor: Client, cast: Cast) -> None:
    from diagnosis.services.merging import merge_patients

    scan = film(cast)
    into = patients.find_or_create_patient(clinic=cast.clinic_a, number="P-9", actor=cast.technician)
    merge_patients(patient=Patient.objects.get(number="P-1"), into=into, actor=cast.administrator, reason="x")
    assert "film itself" not in page_of(doctor, scan)
    patients.update_patient(patient=into, actor=cast.doctor, number="P-10")
    assert "film itself" not in page_of(doctor, scan)
    Patient.objects.filter(number="P-1").update(merged_into=None)
    assert "The film itself names another patient: Ada Phantom, number P-1." in page_of(doctor, scan)


def test_a_film_whose_own_window_showed_nothing_says_so(doctor: Client, cast: Cast) -> None:
    scan = film(cast)
    assert "black or white all over" not in page_of(doctor, scan)
    Scan.objects.update(pixel_rule={"unfit": "window 1 of 1: centre 30000, width 2000, LINEAR"})
    assert "black or white all over" in page_of(doctor, scan)

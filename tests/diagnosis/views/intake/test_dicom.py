"""DICOM films from the browser: nothing to type, and never filed under a study that is not theirs."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from diagnosis.models import HeldFilm, Scan, Study
from tests.conftest import Cast
from tests.diagnosis.services.record import actions
from tests.diagnosis.views.intake.form import JSON, NEW, film, form
from tests.diagnosis.views.pages import text_of
from tests.dicom_studies import STUDY, dicom_film
from tests.films import queued_scan

FILMS = "/studies/new/films/"


def dicom(content: bytes | None = None, name: str = "IM1") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, dicom_film() if content is None else content, "application/dicom")


def parcel() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("A/IM1", dicom_film(1))
        archive.writestr("A/IM2", dicom_film(2, seed=1, PatientName="Other^Eva"))
        archive.writestr("A/letter.pdf", b"%PDF-1.7")
        archive.writestr("DICOMDIR", b"x")
    return SimpleUploadedFile("cd.zip", buffer.getvalue(), "application/zip")


def test_films_and_a_zip_are_listed_with_what_became_of_each(technician: Client, cast: Cast) -> None:
    page = technician.post(FILMS, {"dicom": [parcel(), dicom(name="again")], "folder": [film()]})
    assert page.status_code == 200
    study = Study.objects.get()
    assert (study.instance_uid, study.door, study.created_by) == (STUDY, "browser", cast.technician)
    text, body = text_of(page), page.content.decode()
    assert f'href="/studies/{study.public_id}/"' in body
    for said in (
        "cd.zip › IM1 Received",
        "cd.zip › IM2 Waits for a person",
        "cd.zip › letter.pdf Not taken",
        "cd.zip › DICOMDIR Passed over",
        "again Already here",
        "film.png Not taken",
        "6 files: 2 not taken, 1 received, 1 waits for a person, 1 passed over, 1 already here.",
    ):
        assert said in text
    assert "list.viewed" in actions()
    assert (Scan.objects.count(), HeldFilm.objects.count()) == (1, 1)


def test_nothing_kept_is_an_error_in_words(technician: Client) -> None:
    page = technician.post(FILMS, {"dicom": dicom(b"%PDF-1.7")})
    assert page.status_code == 422
    assert "Not taken" in text_of(page)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Read me first: these are the films of May.", "not a DICOM film"),
        (b"%PDF-1.7", "a PDF document"),
        (b"", "empty"),
    ],
)
def test_what_is_no_dicom_is_not_called_a_damaged_one(technician: Client, content: bytes, said: str) -> None:
    text = text_of(technician.post(FILMS, {"dicom": dicom(content, name="README")}))
    assert said in text
    assert "cut off" not in text


def test_nothing_chosen_is_answered_in_words(technician: Client) -> None:
    page = technician.post(FILMS, follow=True)
    assert "No file was chosen" in text_of(page)


def test_the_page_for_new_studies_offers_both_ways(technician: Client) -> None:
    body = technician.get(NEW).content.decode()
    assert f'action="{FILMS}"' in body
    assert 'data-upload="study"' in body


def test_a_zip_may_be_larger_than_a_film(technician: Client, settings: object) -> None:
    content = parcel()
    settings.MAX_FILM_BYTES = (content.size or 0) - 1  # type: ignore[attr-defined]
    technician.post(FILMS, {"dicom": content})
    assert Scan.objects.count() == 1


def added(technician: Client, study: Study, content: bytes) -> dict[str, str]:
    address = f"/studies/{study.public_id}/scans/"
    (said,) = technician.post(address, {"films": dicom(content)}, headers=JSON).json()["films"]
    return dict(said)


def test_a_film_of_the_study_is_added(technician: Client) -> None:
    technician.post(FILMS, {"dicom": dicom()})
    study = Study.objects.get()
    assert added(technician, study, dicom_film(2, seed=1))["outcome"] == "received"
    assert study.scans.count() == 2


@pytest.mark.parametrize(
    "tags", [{"StudyInstanceUID": "1.2.3"}, {"StudyInstanceUID": "1.2.3", "PatientID": "P-2"}]
)
def test_a_film_of_another_study_or_patient_is_refused_in_words(
    technician: Client, tags: dict[str, str]
) -> None:
    technician.post(FILMS, {"dicom": dicom()})
    said = added(technician, Study.objects.get(), dicom_film(2, seed=1, **tags))
    assert said["outcome"] == "refused"
    assert "another study" in said["text"]
    assert (Scan.objects.count(), HeldFilm.objects.count()) == (1, 0)


def test_a_film_of_the_study_that_names_another_patient_is_held(technician: Client) -> None:
    technician.post(FILMS, {"dicom": dicom()})
    said = added(technician, Study.objects.get(), dicom_film(2, seed=1, PatientID="P-2"))
    assert said["outcome"] == "held"
    assert (Scan.objects.count(), HeldFilm.objects.count()) == (1, 1)


def test_a_study_entered_by_hand_takes_its_first_dicom_film(technician: Client) -> None:
    typed = form(number="P-1", last_name="Phantom", first_name="Ada", birth_date="1961-04-23")
    del typed["without_film"]
    technician.post(NEW, {**typed, "films": dicom()})
    study = Study.objects.get()
    assert (study.scans.count(), study.instance_uid) == (1, STUDY)
    assert "study.updated" in actions()


@pytest.mark.parametrize("changes", [{"number": "P-5"}, {"last_name": "Other"}])
def test_a_study_entered_by_hand_takes_no_film_of_another_patient(
    technician: Client, changes: dict[str, str]
) -> None:
    typed = form(number="P-1", last_name="Phantom", first_name="Ada", birth_date="1961-04-23")
    page = technician.post(NEW, {**typed, **changes, "films": dicom()}, follow=True)
    assert Scan.objects.count() == 0
    assert "another" in text_of(page) or "Waits for a person" in text_of(page)


def test_a_study_with_films_does_not_change_its_identifier(technician: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor, number="P-1").study
    uid = study.instance_uid
    assert (
        added(technician, study, dicom_film(PatientName=None, PatientBirthDate=None))["outcome"] == "refused"
    )
    study.refresh_from_db()
    assert (study.instance_uid, study.scans.count()) == (uid, 1)

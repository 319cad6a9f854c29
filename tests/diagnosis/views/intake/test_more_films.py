"""More films for a study that is there."""

from django.test import Client

from tests.conftest import Cast
from tests.diagnosis.views.intake.form import JSON, film
from tests.diagnosis.views.pages import text_of
from tests.films import queued_scan


def test_a_film_of_another_patient_is_shouted_about(technician: Client, cast: Cast) -> None:
    theirs = queued_scan(cast.clinic_a, cast.doctor, number="P-1", seed=4)
    mine = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=5).study
    address = f"/studies/{mine.public_id}/scans/"
    (said,) = technician.post(address, {"films": film(4)}, headers=JSON).json()["films"]
    assert said["outcome"] == "other_patient"
    assert said["url"] == f"/studies/{theirs.study.public_id}/#scan-{theirs.public_id}"
    page = technician.post(address, {"films": film(4)}, follow=True)
    assert "another patient" in text_of(page)
    assert "alert-danger" in page.content.decode()
    assert mine.scans.count() == 1


def test_sending_nothing_is_answered_in_words(technician: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    page = technician.post(f"/studies/{study.public_id}/scans/", follow=True)
    assert "No film was chosen" in text_of(page)


def test_films_cannot_be_put_into_another_clinics_study(stranger: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    address = f"/studies/{study.public_id}/scans/"
    assert stranger.post(address, {"films": film(3)}, headers=JSON).status_code == 404
    assert study.scans.count() == 1

"""Our script sends film by film, and is answered in words."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from diagnosis.models import Scan
from tests.conftest import Cast
from tests.diagnosis.views.intake.form import JSON, NEW, film, form, not_a_film
from tests.diagnosis.views.pages import text_of
from tests.films import queued_scan


def test_our_script_enters_the_study_then_sends_each_film(technician: Client) -> None:
    made = technician.post(NEW, form(), headers=JSON)
    assert made.status_code == 201
    answer = technician.post(made.json()["films"], {"films": film()}, headers=JSON)
    (said,) = answer.json()["films"]
    assert (said["name"], said["outcome"]) == ("film.png", "received")
    again = technician.post(made.json()["films"], {"films": film()}, headers=JSON).json()["films"][0]
    assert again["outcome"] == "duplicate"
    assert Scan.objects.count() == 1


def test_our_script_is_told_which_field_is_wrong(technician: Client) -> None:
    answer = technician.post(NEW, form(number=""), headers=JSON)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["number"]


def test_a_refusal_reaches_our_script_with_its_advice(technician: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    address = f"/studies/{study.public_id}/scans/"
    (said,) = technician.post(address, {"films": not_a_film()}, headers=JSON).json()["films"]
    assert (said["name"], said["outcome"]) == ("letter.png", "refused")
    assert said["text"]


def test_a_request_that_is_too_large_is_answered_in_words_to_our_script(
    technician: Client, cast: Cast
) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    address = f"/studies/{study.public_id}/scans/"
    many = {"films": [SimpleUploadedFile(f"{number}.png", b"x") for number in range(201)]}
    answer = technician.post(address, many, headers=JSON)
    assert answer.status_code == 400
    assert "More than 200 files were sent at once" in answer.json()["text"]
    answer = technician.post(NEW, form(reason="r" * 3_000_000), headers=JSON)
    assert answer.status_code == 400
    assert "too long" in answer.json()["text"]
    page = technician.post(address, many)
    assert (page.status_code, page.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "could not be understood" in text_of(page)

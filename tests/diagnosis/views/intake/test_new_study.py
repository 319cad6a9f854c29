"""One form enters patient, study and films, and every file is answered."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import AuditEvent
from diagnosis.models import Scan, Study, StudyState
from tests.conftest import Cast
from tests.diagnosis.views.intake.form import JSON, NEW, film, form, not_a_film
from tests.diagnosis.views.pages import text_of


def test_send_without_a_film_asks_whether_that_is_meant(technician: Client, cast: Cast) -> None:
    unmeant = form(without_film="")
    response = technician.post(NEW, unmeant)
    assert response.status_code == 422
    assert "No film was chosen" in response.content.decode()
    answer = technician.post(NEW, unmeant | {"films_chosen": "0"}, headers=JSON)
    assert list(answer.json()["errors"]) == ["without_film"]
    assert not Study.objects.exists()
    assert technician.post(NEW, unmeant | {"films_chosen": "2"}, headers=JSON).status_code == 201
    assert technician.post(NEW, form(without_film="", films=[film()])).status_code == 302
    assert technician.post(NEW, form(without_film="on")).status_code == 302


def test_one_form_without_script_enters_patient_study_and_films(technician: Client, cast: Cast) -> None:
    response = technician.post(NEW, form(films=[film(1), film(2, "side.png")]), follow=True)
    study = Study.objects.get()
    assert response.redirect_chain == [(f"/studies/{study.public_id}/", 302)]
    assert (study.clinic, study.created_by, study.urgent) == (cast.clinic_a, cast.technician, True)
    assert study.patient.full_name == "Ada Nunes"
    assert [scan.original_name for scan in study.scans.all()] == ["film.png", "side.png"]
    assert study.state == StudyState.WAITING
    assert "2 films received." in text_of(response)
    actions = list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))
    assert actions[1:5] == ["patient.created", "study.created", "scan.received", "scan.received"]


def test_a_refused_file_is_named_with_advice_and_the_good_ones_are_kept(technician: Client) -> None:
    response = technician.post(NEW, form(films=[film(1), not_a_film(), film(2, "b.png")]), follow=True)
    assert Scan.objects.count() == 2
    page = text_of(response)
    assert "2 films received." in page
    assert "letter.png was refused." in page


def test_a_study_whose_films_are_all_refused_keeps_what_was_typed(technician: Client) -> None:
    response = technician.post(NEW, form(films=[not_a_film()]), follow=True)
    assert Study.objects.get().state == StudyState.EMPTY
    assert "No film yet" in text_of(response)


def test_the_same_bytes_in_two_clinics_are_two_films(
    technician: Client, stranger: Client, cast: Cast
) -> None:
    technician.post(NEW, form(films=[film()]))
    stranger.post(NEW, form(films=[film()]))
    assert Scan.objects.count() == 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_tiny_picture_never_ends_in_an_error(technician: Client, kind: str) -> None:
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, kind)
    sent = SimpleUploadedFile(f"dot.{kind.lower()}", buffer.getvalue())
    assert technician.post(NEW, form(films=[sent]), follow=True).status_code == 200

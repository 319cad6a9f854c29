"""Putting a film under the right patient from its page."""

import re

import pytest
from django.test import Client

from diagnosis.models import Patient, Review, Scan, ScanStatus, Study
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan, queued_scan


def move(client: Client, scan: Scan, number: str = "1243", **facts: str) -> object:
    given = {"number": number, "sex": "unknown", **facts}
    return client.post(f"/scans/{scan.public_id}/move/", given, follow=True)


def test_the_film_leads_on_to_its_new_study_and_both_pages_tell(technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    Patient.objects.create(clinic=cast.clinic_a, number="1243", first_name="Grace")
    response = move(technician, scan)
    new = Scan.objects.get(pk=scan.pk).study
    assert response.redirect_chain == [(f"/studies/{new.public_id}/", 302)]
    page = text_of(response)
    assert "Filed under Grace, birth date not known, number 1243." in page
    assert "A film was moved here from another patient’s study" in page
    assert "moved film 1 here from another patient’s study" in page
    left = technician.get(f"/studies/{scan.study.public_id}/")
    assert "No film yet" in text_of(left)
    assert "A film was moved from here to another patient’s study" in text_of(left)
    assert "moved a film to a study of another patient" in text_of(left)
    assert f'href="/studies/{new.public_id}/"' in left.content.decode()


def test_a_new_number_says_that_a_patient_was_made(technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    assert "This number was new: a patient was created." in text_of(move(technician, scan))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("", "This field is required"),
        ("1234", "already filed under this number"),
        ("1243", "is on record with a different last name"),
    ],
)
def test_what_cannot_be_comes_back_with_what_was_typed(
    technician: Client, cast: Cast, number: str, words: str
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    Patient.objects.create(clinic=cast.clinic_a, number="1243", last_name="Right")
    response = move(technician, scan, number=number, last_name="Phantom")
    assert response.status_code == 422
    assert words in text_of(response)
    assert 'value="Phantom"' in response.content.decode()
    assert Study.objects.count() == 1


def test_who_moves_a_film_that_a_colleague_has_moved_meanwhile_is_told(
    technician: Client, cast: Cast
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    page = technician.get(f"/studies/{scan.study.public_id}/").content.decode()
    (shown,) = re.findall(r'name="from" value="([^"]+)"', page)
    move(technician, scan, "1243", **{"from": shown})
    response = move(technician, scan, "1299", last_name="Typed", **{"from": shown})
    assert response.status_code == 422
    assert "It was moved here after you opened the page" in text_of(response)
    assert 'value="Typed"' in response.content.decode()
    now = Scan.objects.get(pk=scan.pk).study
    assert now.patient.number == "1243"
    assert move(technician, scan, "1299", **{"from": str(now.public_id)}).status_code == 200


def test_a_film_that_is_being_analysed_offers_no_move_and_says_why(technician: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    address = f"/studies/{scan.study.public_id}/"
    assert "belongs to another patient" not in technician.get(address).content.decode()
    assert "The film was not moved. This film is being analysed." in text_of(move(technician, scan))
    Scan.objects.update(status=ScanStatus.FAILED)
    assert "belongs to another patient" in technician.get(address).content.decode()


def test_a_review_of_a_film_that_has_moved_is_not_signed_unseen(
    doctor: Client, technician: Client, cast: Cast
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    shown = scan.study.public_id
    move(technician, scan)
    sent = {"prediction": scan.predictions.get().public_id, "decision": "agree", "note": "kept"}
    response = doctor.post(f"/scans/{scan.public_id}/review/", sent | {"study": shown})
    assert response.status_code == 422
    assert "This film was moved to another patient after you opened it." in text_of(response)
    assert "kept" in response.content.decode()
    assert not Review.objects.exists()


def test_nobody_moves_another_clinics_film(stranger: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    assert move(stranger, scan).status_code == 404
    assert Study.objects.count() == 1

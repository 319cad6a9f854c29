"""Cancelling on the study's page: a reason is asked for, the worklist is rid of it, and it can come back."""

from django.test import Client

from diagnosis.models import Scan, Study
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.diagnosis.views.worklist.page import studies_in
from tests.films import analysed_scan


def test_a_study_leaves_the_worklist_and_comes_back(technician: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor, number="P-7").study
    address = f"/studies/{study.public_id}/"
    assert "This study was entered by mistake" in technician.get(address).content.decode()
    said = text_of(technician.post(f"{address}cancel/", {"reason": "Sent twice"}, follow=True))
    assert "This study is cancelled: Sent twice (Technician Test" in said
    assert studies_in(technician) == []
    assert (
        studies_in(technician, state="cancelled") == studies_in(technician, q="P-7") == [str(study.public_id)]
    )
    technician.post(f"{address}reopen/")
    assert studies_in(technician) == [str(study.public_id)]


def test_without_a_reason_the_form_comes_back(technician: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    response = technician.post(f"/studies/{study.public_id}/cancel/", {"reason": ""})
    assert response.status_code == 422
    assert "This field is required" in text_of(response)
    response = technician.post(f"/studies/{study.public_id}/cancel/", {"reason": "kept \u202e"})
    assert "turns the direction" in text_of(response)
    assert Study.objects.get(pk=study.pk).state == "to_review"


def test_a_film_is_set_aside_with_its_reason_and_taken_back(technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    address = f"/scans/{scan.public_id}/"
    said = text_of(technician.post(f"{address}set-aside/", {"reason": ""}, follow=True))
    assert "Say why this film should not count" in said
    said = text_of(technician.post(f"{address}set-aside/", {"reason": "A hand"}, follow=True))
    assert "does not count for the study: A hand (Technician Test" in said
    technician.post(f"{address}take-back/")
    assert Scan.objects.get(pk=scan.pk).set_aside_at is None


def test_another_clinic_cancels_nothing(stranger: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    assert stranger.post(f"/studies/{study.public_id}/cancel/", {"reason": "x"}).status_code == 404
    assert Study.objects.get(pk=study.pk).cancelled_at is None

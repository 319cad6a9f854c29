"""Cancelling on the study's page: a reason is asked for, the worklist is rid of it, and it can come back."""

from django.test import Client

from diagnosis.models import Review, Scan, Study
from diagnosis.services import studies
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of, what_is_shown
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


def test_who_comes_second_is_told_and_loses_no_word(technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    address = f"/studies/{scan.study.public_id}/"
    assert "the study is open" in text_of(technician.post(f"{address}reopen/", follow=True))
    assert "the film counts" in text_of(technician.post(f"/scans/{scan.public_id}/take-back/", follow=True))
    technician.post(f"{address}cancel/", {"reason": "Sent twice"})
    said = text_of(technician.post(f"{address}cancel/", {"reason": "Another patient"}, follow=True))
    assert "cancelled before you did. You had written: Another patient" in said
    assert Study.objects.get().cancelled_reason == "Sent twice"


def test_a_doctor_whose_page_is_older_signs_nothing_and_keeps_the_note(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    given = {**what_is_shown(scan), "decision": "agree", "note": "A shadow on the left"}
    studies.cancel_study(study=scan.study, actor=cast.technician, reason="Sent twice")
    response = doctor.post(f"/scans/{scan.public_id}/review/", given)
    assert response.status_code == 422
    assert "Technician Test cancelled this study" in text_of(response)
    assert "A shadow on the left" in text_of(response)
    assert not Review.objects.exists()
    assert "Sign as" not in text_of(doctor.get(f"/studies/{scan.study.public_id}/"))

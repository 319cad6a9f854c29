"""Signing through the page: what is refused comes back with what was typed."""

import re

from django.test import Client

from diagnosis.models import Review, Scan
from tests.conftest import Cast
from tests.diagnosis.views.pages import what_is_shown
from tests.films import analysed_scan, predict, promoted, queued_scan

CHOSEN = re.compile(r'name="decision"[^>]*checked')


def send(client: Client, scan: Scan, **words: str) -> object:
    given = {**what_is_shown(scan), "decision": "agree", **words}
    return client.post(f"/scans/{scan.public_id}/review/", given, follow=True)


def test_signing_leads_back_and_on_to_the_next_study(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    following = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    page = send(doctor, scan, note="Clear").content.decode()
    assert "Your review is signed." in page
    assert f"/studies/{following.study.public_id}/" in page
    assert Review.objects.get().note == "Clear"


def test_a_rejection_without_a_reason_comes_back_with_the_note(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    response = send(doctor, scan, decision="reject", note="a long thought")
    page = response.content.decode()
    assert response.status_code == 422
    assert "Say why the prediction is rejected." in page
    assert "a long thought" in page
    assert not Review.objects.exists()


def test_sending_the_form_twice_says_so(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    send(doctor, scan)
    assert "already signed this review" in send(doctor, scan).content.decode()
    assert Review.objects.count() == 1


def test_a_newer_result_is_shown_before_it_can_be_signed(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    seen = str(scan.predictions.get().public_id)
    promoted("2.0.0")
    newer = predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    # What is wrong with the form besides must not hide that it is about an old result.
    response = send(doctor, scan, prediction=seen, decision="change", finding="pneumonia", note="kept")
    page = response.content.decode()
    assert response.status_code == 422
    assert "A newer result has arrived" in page
    assert "Normal · 95 %" in page
    assert "kept" in page
    assert not CHOSEN.search(page), "the decision was about another result"
    assert f'value="{newer.public_id}"' in page
    assert not Review.objects.exists()


def test_what_was_typed_is_not_lost_while_a_film_is_analysed_again(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(status="queued")
    response = send(doctor, scan, note="a long thought")
    page = response.content.decode()
    assert response.status_code == 422
    assert "a long thought" in page
    assert "being analysed again" in page


def test_a_prediction_of_another_film_is_refused(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    other = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    response = send(doctor, scan, prediction=str(other.predictions.get().public_id))
    assert response.status_code == 422
    assert not Review.objects.exists()


def test_nonsense_is_an_answer_not_an_error(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    assert doctor.post(f"/scans/{scan.public_id}/review/").status_code == 422
    assert doctor.post(f"/scans/{scan.public_id}/review/", {"prediction": "x"}).status_code == 422
    waiting = queued_scan(cast.clinic_a, cast.doctor, number="P-3", seed=3)
    sent = {"prediction": str(scan.public_id), "decision": "agree"}
    assert doctor.post(f"/scans/{waiting.public_id}/review/", sent).status_code == 422


def test_technicians_and_strangers_do_not_sign(technician: Client, stranger: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    assert send(technician, scan).status_code == 403
    assert send(stranger, scan).status_code == 404
    assert not Review.objects.exists()

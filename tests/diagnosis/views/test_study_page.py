"""The study page: what it says in each state, how it updates itself, and that looking is on record."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import ModelVersion, Scan, ScanStatus, Study
from tests.conftest import Cast
from tests.films import analysed_scan, model_version, predict, promoted, queued_scan

HTMX = {"HX-Request": "true"}


def text_of(response: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def page_of(client: Client, scan: Scan) -> str:
    response = client.get(f"/studies/{scan.study.public_id}/")
    assert response.status_code == 200
    return text_of(response)


@pytest.mark.parametrize(
    ("p_covid19", "p_pneumonia", "headline", "step"),
    [
        (0.6, 0.33, "The network sees an abnormal film (93 %)", "Admit for further diagnosis and PCR"),
        (
            0.05,
            0.04,
            "The network sees no signs of pneumonia (normal 91 %)",
            "Home, and wait for the PCR result",
        ),
        (0.2, 0.3, "The network is unsure (abnormal 50 %)", "A human reads this film first"),
    ],
)
def test_the_finding_is_a_sentence_and_says_what_to_do_next(
    doctor: Client, cast: Cast, p_covid19: float, p_pneumonia: float, headline: str, step: str
) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=p_covid19, p_pneumonia=p_pneumonia)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    page = page_of(doctor, scan)
    assert headline in page
    assert step in page
    assert "Research use only, not a medical device" in page


def test_a_network_of_two_classes_is_shown_with_these_alone(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.8, p_pneumonia=None)
    page = page_of(doctor, scan)
    assert "Abnormal 80 % COVID-19 80 % Normal 20 %" in page
    assert "Pneumonia" not in page.split("Normal 20 %")[0].split("Abnormal 80 %")[1]
    assert "This network knows COVID-19 and normal films only" in page
    assert "It knows these two classes only" in page
    assert "Rather signs of" not in page
    assert "did not carry over" not in page


def test_the_page_says_whose_films_set_the_limits(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan)
    assert "numbers and limits can be far off" in page_of(doctor, scan)
    card = {"limits_set": {"site": "riverside"}}
    ModelVersion.objects.update(card=card)
    page = page_of(doctor, scan)
    assert "was set by films of riverside" in page
    assert "can be far off" not in page


def test_a_normal_film_has_no_signs_of_what_the_network_knows(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.05, p_pneumonia=None)
    assert "no signs of COVID-19 (normal 95 %)" in page_of(doctor, scan)


def test_earlier_results_leave_open_what_their_network_did_not_know(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=None, p_pneumonia=0.9)
    promoted("2.0.0")
    predict(scan, version="2.0.0")
    page = page_of(doctor, scan)
    assert "test-network 1.0.0 Pneumonia – 90 % 10 %" in page
    assert "COVID-19 10 % Pneumonia 70 % Normal 20 %" in page


def test_the_kind_of_pneumonia_is_called_less_certain(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.6, p_pneumonia=0.33)
    assert (
        "Rather signs of COVID-19 (60 %) than of another pneumonia (33 %); this is less certain."
        in page_of(doctor, scan)
    )


def test_no_page_claims_a_diagnosis_or_addresses_the_patient(doctor: Client, cast: Cast) -> None:
    page = page_of(doctor, analysed_scan(cast.clinic_a, cast.doctor)).lower()
    assert "you have" not in page
    page = page.replace("a network’s result is not a diagnosis", "").replace("further diagnosis", "")
    assert "diagnosis" not in page


def test_model_version_times_and_meaning_are_told(doctor: Client, cast: Cast) -> None:
    page = page_of(doctor, analysed_scan(cast.clinic_a, cast.doctor))
    assert "test-network 1.0.0" in page
    assert "network 7 ms" in page
    assert "not the chance that this patient is ill" in page


def test_a_waiting_film_shows_its_place_in_the_queue_of_all_clinics(doctor: Client, cast: Cast) -> None:
    for seed in range(2):
        queued_scan(cast.clinic_b, cast.stranger, number=f"B-{seed}", seed=seed)
    scan = queued_scan(cast.clinic_a, cast.doctor, seed=9)
    assert "2 films before this one" in page_of(doctor, scan)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.ANALYSING)
    assert "The network is reading this film" in page_of(doctor, scan)


def test_a_waiting_film_can_be_read_without_the_network(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    address, film = f"/studies/{scan.study.public_id}/", f"/scans/{scan.public_id}"
    page = doctor.get(address).content.decode()
    assert f'href="{film}/original/"' in page
    assert f'src="{film}/display/"' not in page
    predict(scan)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.ANALYSING)
    page = doctor.get(address).content.decode()
    assert f'href="{film}/original/"' in page
    assert f'src="{film}/display/"' in page


def test_a_refused_film_says_why_and_offers_no_retry(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.REFUSED, reason="This is a hand.")
    page = page_of(doctor, scan)
    assert "This is a hand." in page
    assert "Try again" not in page


@pytest.mark.parametrize("status", [ScanStatus.REFUSED, ScanStatus.FAILED, ScanStatus.QUEUED])
def test_what_doctors_signed_stays_to_be_read(doctor: Client, cast: Cast, status: str) -> None:
    """A newer network may refuse a film that an older one had read."""
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sent = {"prediction": str(scan.predictions.get().public_id), "decision": "agree", "note": "Old scar"}
    doctor.post(f"/scans/{scan.public_id}/review/", sent)
    Scan.objects.filter(pk=scan.pk).update(status=status, reason="No chest.")
    page = page_of(doctor, scan)
    assert "Old scar" in page
    assert "Earlier results of this film (1)" in page


def test_asking_again_for_a_refused_film_says_what_to_do(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.REFUSED, reason="This is a hand.")
    assert "send another one" in text_of(doctor.post(f"/scans/{scan.public_id}/retry/", follow=True))


def test_a_failed_film_is_put_back_by_a_button(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(
        status=ScanStatus.FAILED, reason="The disk is full.", finished_at=timezone.now()
    )
    assert "Try again" in page_of(doctor, scan)
    response = doctor.post(f"/scans/{scan.public_id}/retry/", follow=True)
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED
    assert "in the queue again" in text_of(response)
    assert AuditEvent.objects.filter(action="scan.retried").exists()


def test_a_film_is_analysed_again_only_where_a_newer_network_is_active(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    assert "Analyse again" not in page_of(doctor, scan)
    doctor.post(f"/scans/{scan.public_id}/retry/")
    assert Scan.objects.get(pk=scan.pk).status == ScanStatus.ANALYSED
    old = scan.predictions.get().model_version
    type(old).objects.filter(pk=old.pk).update(active=None)
    model_version("2.0.0")
    assert "Analyse again" in page_of(doctor, scan)
    doctor.post(f"/scans/{scan.public_id}/retry/")
    assert Scan.objects.get(pk=scan.pk).status == ScanStatus.QUEUED


def test_earlier_predictions_stay_to_be_read(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    promoted("2.0.0")
    predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    page = page_of(doctor, scan)
    assert "no signs of pneumonia (normal 95 %)" in page
    assert "Earlier results of this film (1)" in page
    assert "70 %" in page


def test_the_page_polls_while_a_film_waits_and_stops_when_all_are_final(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    address = f"/studies/{scan.study.public_id}/"
    assert 'id="poll"' in doctor.get(address).content.decode()
    short = str(scan.public_id)[:8]
    waiting = doctor.get(f"{address}result/", {"p": short}, headers=HTMX).content.decode()
    assert 'id="poll"' in waiting
    predict(scan)
    done = doctor.get(f"{address}result/", {"p": short}, headers=HTMX).content.decode()
    assert 'id="poll"' not in done
    assert f'id="scan-{scan.public_id}" hx-swap-oob="true"' in done
    assert "The network sees an abnormal film" in done
    assert "To review" in done


def test_a_poll_leaves_films_alone_that_the_page_shows_already(doctor: Client, cast: Cast) -> None:
    """A doctor may be writing a note there."""
    done = analysed_scan(cast.clinic_a, cast.doctor)
    waiting = queued_scan(cast.clinic_a, cast.doctor, seed=5)
    Scan.objects.filter(pk=waiting.pk).update(study=done.study)
    answer = doctor.get(
        f"/studies/{done.study.public_id}/result/", {"p": str(waiting.public_id)[:8]}, headers=HTMX
    ).content.decode()
    assert f"scan-{waiting.public_id}" in answer
    assert f"scan-{done.public_id}" not in answer


def test_opening_is_on_record_and_polling_is_not(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    address = f"/studies/{scan.study.public_id}/"
    doctor.get(address)
    for _ in range(3):
        doctor.get(f"{address}result/", headers=HTMX)
    viewed = AuditEvent.objects.filter(action="study.viewed", study_id=str(scan.study.public_id))
    assert [event.actor for event in viewed] == [cast.doctor.email]


def test_history_tells_who_did_what_and_who_looked(doctor: Client, technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    technician.get(f"/studies/{scan.study.public_id}/")
    doctor.post(
        f"/scans/{scan.public_id}/review/",
        {"prediction": str(scan.predictions.get().public_id), "decision": "agree"},
    )
    page = page_of(doctor, scan)
    assert f"{cast.technician.email} opened the study" in page
    assert f"{cast.doctor.email} signed a review of film 1: agrees with the network (pneumonia)" in page


def test_another_clinic_finds_nothing_and_leaves_no_view_on_record(stranger: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    for address in ("", "result/", "report/", "edit/"):
        assert stranger.get(f"/studies/{scan.study.public_id}/{address}").status_code == 404
    assert not AuditEvent.objects.filter(action__endswith=".viewed").exists()


def test_only_doctors_get_the_review_form(doctor: Client, technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    assert "Sign as" in page_of(doctor, scan)
    assert "Sign as" not in page_of(technician, scan)


def test_the_patients_other_studies_are_beside_it(doctor: Client, cast: Cast) -> None:
    first = analysed_scan(cast.clinic_a, cast.doctor, seed=1)
    Study.objects.filter(pk=first.study_id).update(taken_at=timezone.now() - timedelta(days=9))
    second = analysed_scan(cast.clinic_a, cast.doctor, seed=2)
    assert str(first.study.public_id) in doctor.get(f"/studies/{second.study.public_id}/").content.decode()


def test_pages_have_no_inline_scripts_styles_or_foreign_addresses(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    study, patient = scan.study.public_id, scan.study.patient.public_id
    for address in (
        "/worklist/",
        "/studies/new/",
        f"/studies/{study}/",
        f"/studies/{study}/edit/",
        f"/studies/{study}/report/",
        f"/patients/{patient}/",
        f"/patients/{patient}/edit/",
    ):
        page = doctor.get(address).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), address
        assert not re.search(r'(src|href)="(https?:)?//', page), address


def test_markup_in_names_and_notes_stays_text(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    hostile = "<script>alert(1)</script>"
    Scan.objects.filter(pk=scan.pk).update(original_name=hostile)
    type(scan.study.patient).objects.update(first_name=hostile)
    doctor.post(
        f"/scans/{scan.public_id}/review/",
        {"prediction": str(scan.predictions.get().public_id), "decision": "agree", "note": hostile},
    )
    for address in (
        f"/studies/{scan.study.public_id}/",
        f"/studies/{scan.study.public_id}/report/",
        "/worklist/",
    ):
        assert hostile not in doctor.get(address).content.decode()


def test_after_a_rollback_the_active_networks_result_is_the_current_one(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    promoted("2.0.0")
    predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    promoted("1.0.0")
    page = page_of(doctor, scan)
    assert "The network sees an abnormal film (80 %)" in page
    assert "which is not the active network" not in page
    assert "Other results of this film (1)" in page


def test_a_result_of_a_network_that_does_not_answer_any_more_says_so(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    promoted("2.0.0")
    predict(scan, version="2.0.0")
    promoted("1.0.0")
    assert "Read by test-network 2.0.0, which is not the active network." in page_of(doctor, scan)
    report = text_of(doctor.get(f"/studies/{scan.study.public_id}/report/"))
    assert "Read by test-network 2.0.0, which is not the active network." in report


def test_a_phantom_is_never_given_a_next_step(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    page = page_of(doctor, scan)
    assert "Nothing to do: this is a drawing" in page
    assert "Admit" not in page

"""The printable report: what the doctor signed, loudly where nobody did, and what proves it."""

import re

import pytest
from django.test import Client

from accounts.models import AuditEvent, AuditHead, User
from diagnosis.models import Decision, Scan, ScanStatus
from diagnosis.services import review
from tests.conftest import Cast
from tests.films import analysed_scan, predict, promoted, queued_scan


def text_of(client: Client, study: object) -> str:
    response = client.get(f"/studies/{study.public_id}/report/")
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_an_unreviewed_film_says_so_loudly(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    page = text_of(doctor, scan.study)
    assert "NOT REVIEWED BY A DOCTOR YET" in page
    assert "PHANTOM" in page
    assert "Research use only, not a medical device" in page


def test_it_names_clinic_patient_finding_doctor_model_and_film(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    review.sign_off(
        scan=scan,
        prediction=scan.predictions.get(),
        doctor=cast.doctor,
        decision=Decision.CHANGE,
        finding="normal",
        note="Old scar",
    )
    page = text_of(doctor, scan.study)
    for words in (
        "Clinic A",
        "P-1",
        "Ada Phantom",
        "Doctor’s finding Normal",
        "Old scar",
        "licence A-1",
        "differs from the network",
        "test-network 1.0.0",
        scan.sha256,
    ):
        assert words in page, words
    assert "NOT REVIEWED" not in page


def test_it_prints_the_classes_that_the_network_knows(doctor: Client, cast: Cast) -> None:
    known = analysed_scan(cast.clinic_a, cast.doctor)
    assert "COVID-19 10 % · pneumonia 70 % · normal 20 %" in text_of(doctor, known.study)
    one = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=1)
    predict(one, p_covid19=None, p_pneumonia=0.7)
    page = text_of(doctor, one.study)
    assert "pneumonia 70 % · normal 30 %" in page
    assert "COVID-19 10 %" not in page
    assert "knows pneumonia and normal films only" in page


def test_it_says_why_a_person_reads_a_film_unlike_those_of_the_training_first(
    doctor: Client, cast: Cast
) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.02, p_pneumonia=0.01, looks=(0.03, 0.02), unfamiliar=True)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    page = text_of(doctor, scan.study)
    assert "The network does not know films like this one (abnormal 3 %)" in page
    assert "A human reads this film first. This film is unlike those that the network learned from" in page
    assert "Rather signs of" not in page


def sign_covid(scan: Scan, doctor: User) -> None:
    review.sign_off(
        scan=scan,
        prediction=scan.predictions.get(),
        doctor=doctor,
        decision=Decision.CHANGE,
        finding="covid19",
        note="Ground glass, both sides",
    )


def test_a_review_of_an_earlier_result_is_printed_and_does_not_speak_for_the_newer_one(
    doctor: Client, cast: Cast
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sign_covid(scan, cast.doctor)
    promoted("2.0.0")
    predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    page = text_of(doctor, scan.study)
    assert "THE NETWORK’S RESULT BELOW IS NOT REVIEWED YET" in page
    assert "Signed on an earlier result (test-network 1.0.0): COVID-19 Ground glass, both sides" in page
    assert "licence A-1" in page
    assert "NOT REVIEWED BY A DOCTOR YET" not in page


@pytest.mark.parametrize("status", [ScanStatus.QUEUED, ScanStatus.FAILED, ScanStatus.REFUSED])
def test_what_a_doctor_signed_is_printed_while_the_film_has_no_result(
    doctor: Client, cast: Cast, status: str
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sign_covid(scan, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(status=status, reason="The disk is full.")
    page = text_of(doctor, scan.study)
    assert "Signed on an earlier result (test-network 1.0.0): COVID-19 Ground glass, both sides" in page
    assert "The network has no result of this film just now." in page
    assert "NOT REVIEWED" not in page


def test_every_signed_review_is_printed_in_full(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sign_covid(scan, cast.colleague)
    review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision=Decision.AGREE)
    page = text_of(doctor, scan.study)
    assert page.index("Doctor’s finding Pneumonia") < page.index("Doctor’s finding COVID-19 Ground glass")
    assert "NOT REVIEWED" not in page


def test_the_paper_carries_the_audit_events_hash(doctor: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    page = text_of(doctor, study)
    event = AuditEvent.objects.get(action="report.viewed", study_id=str(study.public_id))
    assert event.hash in page
    assert AuditHead.objects.get().hash == event.hash

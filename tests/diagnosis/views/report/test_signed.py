"""The report prints what doctors signed, also on an earlier result."""

import pytest
from django.test import Client

from diagnosis.models import Decision, Scan, ScanStatus
from diagnosis.services import review
from tests.conftest import Cast
from tests.diagnosis.views.report.pages import sign_covid, text_of
from tests.films import analysed_scan, predict, promoted


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
    assert "The network has given no result for this film." in page
    assert "NOT REVIEWED" not in page


def test_every_signed_review_is_printed_in_full(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sign_covid(scan, cast.colleague)
    review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision=Decision.AGREE)
    page = text_of(doctor, scan.study)
    assert page.index("Doctor’s finding Pneumonia") < page.index("COVID-19 Ground glass, both sides")
    assert "NOT REVIEWED" not in page

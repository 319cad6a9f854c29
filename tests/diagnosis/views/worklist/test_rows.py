"""What a row of the worklist says."""

from django.test import Client

from diagnosis.models import Decision, Scan, ScanStatus
from diagnosis.services import lifecycle, review
from tests.conftest import Cast
from tests.diagnosis.views.worklist.page import WORKLIST
from tests.films import analysed_scan, promoted, queued_scan


def test_both_findings_are_shown_where_they_differ(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    review.sign_off(
        scan=scan,
        prediction=scan.predictions.get(),
        doctor=cast.doctor,
        decision=Decision.CHANGE,
        finding="normal",
    )
    page = " ".join(doctor.get(WORKLIST).content.decode().split())
    assert "Pneumonia 70 %" in page
    assert 'Normal <span class="differs">≠ differs' in page


def test_a_doctor_differs_from_no_network_while_a_film_is_analysed_again(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision=Decision.AGREE)
    promoted("2.0.0")
    assert lifecycle.reanalyse(scan=Scan.objects.get(pk=scan.pk), actor=cast.doctor)
    page = doctor.get(WORKLIST).content.decode()
    assert "Pneumonia" in page
    assert "differs" not in page
    assert "agrees" not in page


def test_the_reason_of_a_failure_stands_in_the_row(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.FAILED, reason="The disk is full.")
    assert "The disk is full." in doctor.get(WORKLIST).content.decode()


def test_phantoms_are_marked(doctor: Client, cast: Cast) -> None:
    analysed_scan(cast.clinic_a, cast.doctor)
    assert "chip-phantom" in doctor.get(WORKLIST).content.decode()

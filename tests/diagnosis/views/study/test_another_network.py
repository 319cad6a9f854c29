"""Results of earlier and later networks stand on the page for what they are."""

from django.test import Client

from diagnosis.models import Scan, ScanStatus
from diagnosis.services import undoing
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of, text_of
from tests.films import analysed_scan, model_version, predict, promoted, queued_scan


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
    assert "Normal · 95 %" in page
    assert "Earlier results of this film (1)" in page
    assert "70 %" in page


def test_after_a_rollback_the_active_networks_result_is_the_current_one(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    promoted("2.0.0")
    predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    promoted("1.0.0")
    page = page_of(doctor, scan)
    assert "Abnormal · 80 %" in page
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


def test_a_film_whose_correction_was_undone_is_read_by_a_newer_network_as_it_came(
    doctor: Client, cast: Cast
) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, corrections=["rotated_180"])
    undoing.undo_correction(scan=scan, person=cast.doctor)
    assert "Analyse again" not in page_of(doctor, scan), "the active network has read it"
    promoted("2.0.0")
    page = page_of(doctor, scan)
    assert "A person reads this film first" in page
    assert "test-network 2.0.0 is the active network now." in page
    doctor.post(f"/scans/{scan.public_id}/retry/")
    assert Scan.objects.get(pk=scan.pk).status == ScanStatus.QUEUED

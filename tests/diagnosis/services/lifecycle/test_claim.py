"""Scans wait in a queue, and one worker at a time has the right to end one."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus
from diagnosis.services import analysis, lifecycle, sweeper
from tests.diagnosis.services.record import actions


def test_of_two_workers_one_gets_the_scan(scan: Scan) -> None:
    assert lifecycle.claim(scan_id=scan.pk) is not None
    assert lifecycle.claim(scan_id=scan.pk) is None


def test_a_worker_that_wakes_after_the_scan_was_given_to_another_stores_nothing(
    scan: Scan, network: ModelVersion
) -> None:
    lost = lifecycle.claim(scan_id=scan.pk)
    assert lost is not None
    long_ago = timezone.now() - timedelta(seconds=settings.ANALYSIS_HARD_SECONDS + 60)
    Scan.objects.filter(pk=scan.pk).update(claimed_at=long_ago)
    sweeper.sweep()
    taken_over = lifecycle.claim(scan_id=scan.pk)
    assert taken_over is not None
    analysis._examine(lost, {})
    scan.refresh_from_db()
    assert scan.status == ScanStatus.ANALYSING, "the new worker's claim was ended by the old one"
    assert not Prediction.objects.exists()
    analysis._examine(taken_over, {})
    analysis._examine(lost, {})
    assert Prediction.objects.count() == 1
    assert actions() == ["scan.requeued", "scan.analysed"]

"""A film is queued again after a failure or for a newer network; what was before stays on record."""

from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import AuditEvent
from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus, StudyState
from diagnosis.services import lifecycle, registry
from tests.conftest import Cast
from tests.diagnosis.bundles import another_version, entered, shipped
from tests.diagnosis.services.analysis.attempts import analysed
from tests.diagnosis.services.record import actions


def test_without_an_active_network_a_film_fails_and_can_be_tried_again(
    scan: Scan, cast: Cast, announced: list[str], django_capture_on_commit_callbacks: object
) -> None:
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "no_model")
    assert "activate" in scan.reason
    assert (settings.DATA_DIR / scan.display).is_file(), "a doctor can look at the film all the same"
    entered(shipped(), active=True)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture without types
        assert lifecycle.retry(scan=scan, actor=cast.technician)
        assert not lifecycle.retry(scan=scan, actor=cast.doctor), "two people pressed the button"
    assert len(announced) == 1
    scan.refresh_from_db()
    assert (scan.status, scan.reason, scan.attempts) == (ScanStatus.QUEUED, "", 0)
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.WAITING
    assert analysed(scan).status == ScanStatus.ANALYSED
    retried = AuditEvent.objects.get(action="scan.retried")
    assert (retried.actor, retried.facts["code"]) == (cast.technician.email, "no_model")
    assert "No network is active" in retried.facts["reason"]
    assert actions() == ["scan.failed", "scan.retried", "scan.analysed"]


def test_a_newer_network_adds_a_prediction_and_changes_none(
    scan: Scan, cast: Cast, network: ModelVersion, tmp_path: Path
) -> None:
    assert not lifecycle.reanalyse(scan=scan, actor=cast.doctor), "it was not analysed yet"
    scan = analysed(scan)
    before = Prediction.objects.values().get()
    assert not lifecycle.reanalyse(scan=scan, actor=cast.doctor), "this network has read it"
    newer = entered(another_version(tmp_path / "bundle", "9.9.9"))
    registry.promote(model_version=newer, actor=cast.operator, reason="same weights")
    assert lifecycle.reanalyse(scan=scan, actor=cast.doctor)
    scan = analysed(scan)
    assert scan.status == ScanStatus.ANALYSED
    assert Prediction.objects.values().get(pk=before["id"]) == before
    later = Prediction.objects.get(model_version=newer)
    assert later.heatmap != before["heatmap"]
    assert (settings.DATA_DIR / before["heatmap"]).is_file()
    assert later.p_normal == pytest.approx(before["p_normal"], abs=1e-6), "the same weights, the same answer"

"""A film is analysed once, however often its message comes."""

import pytest
from django.conf import settings
from django.db import OperationalError

from accounts import audit
from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus
from diagnosis.services import analysis, storage
from tests.diagnosis.services.analysis.attempts import analysed
from tests.diagnosis.services.record import actions
from tests.films import keep


def test_a_second_delivery_of_the_message_changes_nothing(scan: Scan, network: ModelVersion) -> None:
    first = analysed(scan).finished_at
    assert analysed(scan).finished_at == first
    assert scan.attempts == 1
    assert actions() == ["scan.analysed"]


def test_a_failing_database_leaves_the_scan_to_the_sweeper(
    scan: Scan, network: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(**_: object) -> None:
        raise OperationalError("server has gone away")

    with monkeypatch.context() as broken:
        broken.setattr(audit, "record", gone)
        with pytest.raises(OperationalError):
            analysis.analyse(scan_id=scan.pk)
    scan.refresh_from_db()
    assert scan.status == ScanStatus.ANALYSING
    assert not Prediction.objects.exists(), "half a result was kept"


def test_the_same_network_run_again_keeps_the_prediction_that_is_there(
    scan: Scan, network: ModelVersion
) -> None:
    analysed(scan)
    before = Prediction.objects.values().get()
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.QUEUED)
    assert analysed(scan).status == ScanStatus.ANALYSED
    assert Prediction.objects.values().get() == before


def test_what_a_killed_attempt_left_half_written_is_removed(scan: Scan, network: ModelVersion) -> None:
    half = keep(str(storage.pictures_folder(scan) / ".part-abc"), b"half")
    analysed(scan)
    assert not (settings.DATA_DIR / half).exists()

"""What goes wrong with the portal or its network ends on the film's row in words."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from diagnosis.imaging import display
from diagnosis.models import ModelVersion, Scan, ScanStatus
from diagnosis.services import registry
from tests.diagnosis.bundles import another_version, entered
from tests.diagnosis.services.analysis.attempts import analysed, png


def test_a_network_whose_files_were_changed_answers_nothing(scan: Scan, tmp_path: Path) -> None:
    model_version = entered(another_version(tmp_path / "bundle", "9.9.9"), active=True)
    (registry.folder_of(model_version) / "card.json").write_text("{}")
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "model_damaged")


def test_a_film_that_was_exchanged_on_the_disk_is_not_judged(scan: Scan, network: ModelVersion) -> None:
    (settings.DATA_DIR / scan.original).write_bytes(png(Image.new("L", (300, 300), 9)))
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "original_changed")


def test_a_film_that_is_gone_fails_in_words_without_a_path(scan: Scan, network: ModelVersion) -> None:
    shutil.rmtree(settings.DATA_DIR / "originals")
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "file_missing")
    assert "originals" not in scan.reason


def test_an_error_of_ours_fails_without_a_traceback_for_people(
    scan: Scan, network: ModelVersion, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(display, "both", lambda film: 1 / 0)
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "error")
    assert "ZeroDivisionError" not in scan.reason
    assert f"scan {scan.pk}" in caplog.text, "whoever runs the portal finds it"
    assert "ZeroDivisionError" in caplog.text

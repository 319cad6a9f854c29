"""The quick starts in docs/api do what they say, each against a running portal."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts import tokens
from diagnosis.models import Scan, ScanStatus
from diagnosis.services import messenger, report
from tests.conftest import Cast
from tests.diagnosis.services.report.papers import pages_of, sign
from tests.films import phantom_png, predict

DOCS = Path(__file__).resolve().parents[3] / "docs" / "api"


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that have done their work before anybody asks."""

    def analyse() -> None:
        for scan in Scan.objects.filter(status=ScanStatus.QUEUED):
            predict(scan)

    def make(task: str) -> None:
        transaction.on_commit(lambda: report.make_due(seconds=30))

    monkeypatch.setattr(messenger, "announce", analyse)
    monkeypatch.setattr(messenger, "send_on_commit", make)


@pytest.mark.parametrize(
    "command", [[sys.executable, str(DOCS / "quickstart.py")], ["sh", str(DOCS / "quickstart.sh")]]
)
def test_a_film_is_sent_and_its_result_heatmap_and_report_are_fetched(
    live_server: Any, cast: Cast, at_work: None, tmp_path: Path, command: list[str]
) -> None:
    _, key = tokens.create(clinic=cast.clinic_a, name="Quick start", by=cast.administrator)
    film = tmp_path / "film.png"
    film.write_bytes(phantom_png(1))

    def run(token: str = key) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, live_server.url, token, str(film), "P-1007"],
            cwd=tmp_path, text=True, capture_output=True, check=False, timeout=120,
        )  # fmt: skip

    first = run()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "pneumonia" in first.stdout
    assert (tmp_path / "heatmap.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "report.pdf").exists()
    sign(Scan.objects.get(), cast.doctor)
    again = run()
    assert again.returncode == 0, again.stdout + again.stderr
    assert "report.pdf is written" in again.stdout
    assert "FINAL" in pages_of((tmp_path / "report.pdf").read_bytes())[0]
    assert Scan.objects.count() == 1
    refused = run("carina_wrong")
    assert refused.returncode != 0
    assert "This token is unknown" in refused.stdout + refused.stderr

"""An analysis that takes too long is the portal's failure, not the film's."""

import pytest
from django.conf import settings
from pytest_django.fixtures import SettingsWrapper

from diagnosis.imaging import display
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.imaging.sandbox import child
from diagnosis.models import ModelVersion, Scan, ScanStatus
from diagnosis.services import analysis, faults
from tests.diagnosis.imaging.sandbox.conftest import hang


class TooLong(Exception):
    """What a time limit raises."""


def test_a_time_limit_is_our_failure(
    scan: Scan, network: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(film: object) -> bytes:
        raise TooLong

    monkeypatch.setattr(display, "both", slow)
    analysis.analyse(scan_id=scan.pk, time_limit_error=TooLong)
    scan.refresh_from_db()
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "too_slow")
    assert f"longer than {settings.ANALYSIS_SOFT_SECONDS} seconds" in scan.reason


def test_a_time_limit_inside_the_decoder_is_not_taken_for_a_damaged_film() -> None:
    # the decoder meets hostile bytes with every kind of exception and turns each into a refusal
    refusal = FilmRefused("damaged", "The file is damaged.")
    refusal.__cause__ = TooLong()
    fault = faults.explain(refusal, TooLong)
    assert fault is not None
    assert (fault.status, fault.code) == (ScanStatus.FAILED, "too_slow")


def test_a_film_at_which_the_decoder_hangs_fails_at_the_first_attempt(
    scan: Scan, network: ModelVersion, monkeypatch: pytest.MonkeyPatch, settings: SettingsWrapper
) -> None:
    settings.DECODE_SECONDS = 1
    monkeypatch.setattr(child, "decode", lambda *_, **__: hang())
    analysis.analyse(scan_id=scan.pk)
    scan.refresh_from_db()
    assert (scan.status, scan.reason_code, scan.attempts) == (ScanStatus.FAILED, "too_slow", 1)
    assert "within 1 s" in scan.reason
    assert "baseline" in scan.reason


def test_a_film_that_takes_too_much_memory_is_refused_at_the_first_attempt(
    scan: Scan, network: ModelVersion, monkeypatch: pytest.MonkeyPatch, settings: SettingsWrapper
) -> None:
    settings.DECODE_MEGABYTES = 100
    monkeypatch.setattr(child, "decode", lambda *_, **__: bytearray(200 * 1024**2))
    analysis.analyse(scan_id=scan.pk)
    scan.refresh_from_db()
    assert (scan.status, scan.reason_code, scan.attempts) == (ScanStatus.REFUSED, "too_large", 1)
    assert "100 MB" in scan.reason

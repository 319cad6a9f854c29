"""Workers are told of a film once its row stands."""

import pytest

from diagnosis.models import Scan, ScanStatus
from tests.conftest import Cast
from tests.diagnosis.services.intake.receiving import receive, study_of
from tests.films import phantom_png


def test_workers_are_told_once_the_row_stands(
    cast: Cast, announced, django_capture_on_commit_callbacks
) -> None:
    study = study_of(cast)
    with django_capture_on_commit_callbacks(execute=True):
        receive(study, cast, phantom_png(1))
        assert announced() == 0
    assert announced() == 1
    with django_capture_on_commit_callbacks(execute=True):
        receive(study, cast, phantom_png(1))
    assert announced() == 0, "a duplicate is not analysed again"


def test_without_a_broker_the_film_is_kept_and_the_log_says_so(
    cast: Cast, no_broker: None, django_capture_on_commit_callbacks, caplog: pytest.LogCaptureFixture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        scan = receive(study_of(cast), cast, phantom_png(1)).scan
    assert Scan.objects.get(pk=scan.pk).status == ScanStatus.QUEUED
    assert str(scan.pk) in caplog.text
    assert "sweeper" in caplog.text

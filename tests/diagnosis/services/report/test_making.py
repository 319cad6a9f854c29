"""A document that fails says why and can be made again; a killed worker's is put back."""

import errno
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis import tasks
from diagnosis.models import Patient, Report, ReportKind, ReportState
from diagnosis.services import report
from tests.conftest import Cast
from tests.diagnosis.services.report.papers import place, sign
from tests.films import analysed_scan


@pytest.fixture
def waiting(cast: Cast) -> Report:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sign(scan, cast.doctor)
    return report.issue(study=scan.study, actor=cast.doctor, address=place)


def test_a_full_disk_is_told_and_the_retry_makes_it(
    waiting: Report, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        tasks.make_reports()
    failed = Report.objects.get()
    assert (failed.state, failed.sha256) == (ReportState.FAILED, "")
    assert "disk may be full" in failed.reason
    assert report.retry(report=failed, actor=cast.technician)
    tasks.make_reports()
    made = Report.objects.get()
    assert (made.state, made.reason) == (ReportState.READY, "")
    told = AuditEvent.objects.filter(subject=f"report:{made.public_id}").order_by("sequence")
    assert [event.action.partition(".")[2] for event in told] == ["asked", "failed", "retried", "issued"]


def test_what_is_ready_is_not_made_again(waiting: Report, cast: Cast) -> None:
    tasks.make_reports()
    assert not report.retry(report=waiting, actor=cast.doctor)
    assert Report.objects.get().state == ReportState.READY


def test_a_killed_workers_document_is_put_back_and_given_up_in_the_end(waiting: Report) -> None:
    now = timezone.now()
    Report.objects.update(state=ReportState.WORKING, attempts=1, heard_at=now - timedelta(seconds=60))
    tasks.make_reports()
    assert Report.objects.get().state == ReportState.WORKING, "it may still be at work"
    Report.objects.update(attempts=3, heard_at=now - timedelta(hours=1))
    tasks.make_reports()
    assert Report.objects.get().state == ReportState.FAILED
    Report.objects.update(state=ReportState.WORKING, attempts=1, heard_at=now - timedelta(hours=1))
    tasks.make_reports()
    assert Report.objects.get().state == ReportState.READY


def test_a_paper_that_never_came_about_is_not_replaced_by_an_amended_one(waiting: Report, cast: Cast) -> None:
    Report.objects.update(state=ReportState.FAILED, attempts=3, reason="The disk may be full.")
    Patient.objects.filter(pk=waiting.study.patient_id).update(first_name="Eva")
    second = report.issue(study=waiting.study, actor=cast.doctor, address=place)
    assert (second.kind, second.document["status"]) == (ReportKind.FINAL, "FINAL")
    Patient.objects.filter(pk=waiting.study.patient_id).update(first_name="Bea")
    third = report.issue(study=waiting.study, actor=cast.doctor, address=place)
    assert third.kind == ReportKind.AMENDED, "the one before may be on paper any moment"

"""What is signed for good has its document issued once, without anybody asking; no signature waits for it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import NoReturn

import pytest
from celery import current_app
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent
from diagnosis import tasks
from diagnosis.models import (
    AskedWhy,
    Report,
    ReportKind,
    ReportState,
    Review,
    Scan,
    SecondReading,
    SecondState,
    Study,
)
from diagnosis.services import messenger, report, review, second_reads
from diagnosis.services.report import unasked
from tests.conftest import Cast
from tests.diagnosis.services.report.papers import sign
from tests.diagnosis.services.review.pressing import press, time_is_over
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def where_people_reach_it(settings: SettingsWrapper) -> None:
    settings.PUBLIC_ADDRESS = "https://carina.example.org"


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.doctor)


def test_a_final_signature_has_one_document_however_often_it_is_told(scan: Scan, cast: Cast) -> None:
    signature = press(scan.study, cast.doctor)
    assert report.issue_due() == 0, "it can still be taken back"
    time_is_over(signature)
    for _ in range(2):
        review.finalise_due()
        report.issue_due()
    found = Report.objects.get()
    assert (found.state, found.kind, found.asked_by) == (ReportState.WAITING, ReportKind.FINAL, "carina")
    assert found.document["address_to_check"] == f"https://carina.example.org/verify/{found.code}/"
    assert AuditEvent.objects.filter(action="report.asked").count() == 1
    assert report.issue_due() == 0


def test_without_seconds_to_undo_too(scan: Scan, cast: Cast, settings: SettingsWrapper) -> None:
    settings.CARINA_UNDO_SECONDS = 0
    press(scan.study, cast.doctor)
    tasks.make_reports()
    assert Report.objects.get().state == ReportState.READY


def test_the_last_film_signed_by_itself_is_what_counts(scan: Scan, cast: Cast) -> None:
    other = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=1)
    Scan.objects.filter(pk=other.pk).update(study=scan.study)
    other.refresh_from_db()
    sign(scan, cast.doctor)
    assert report.issue_due() == 0
    sign(other, cast.doctor)
    assert report.issue_due() == 1
    assert len(Report.objects.get().reviews) == 2


def test_an_amendment_names_the_document_before(scan: Scan, cast: Cast) -> None:
    sign(scan, cast.doctor)
    report.issue_due()
    first = Report.objects.get()
    signature = press(scan.study, cast.doctor, "normal")
    Report.objects.filter(pk=first.pk).update(asked_at=timezone.now())  # asked for while it could be undone
    time_is_over(signature)
    review.finalise_due()
    report.issue_due()
    second = Report.objects.exclude(pk=first.pk).get()
    assert (second.kind, second.replaces) == (ReportKind.AMENDED, first)
    assert first.code in " ".join(second.document["notices"])


def test_not_while_a_second_reading_is_open_and_then_at_once(scan: Scan, cast: Cast) -> None:
    sign(scan, cast.doctor)
    second = second_reads.ask(study=scan.study, by=cast.doctor, of=None)
    assert report.issue_due() == 0
    long_ago = timezone.now() - timedelta(days=9)
    Study.objects.filter(pk=scan.study_id).update(done_at=long_ago)  # a second reader takes days
    assert second.why == AskedWhy.NAMED
    assert second_reads.withdraw(study=scan.study, by=cast.doctor)
    assert SecondReading.objects.get().state == SecondState.WITHDRAWN
    assert report.issue_due() == 1


def test_what_was_signed_long_ago_is_left_to_whoever_asks(scan: Scan, cast: Cast) -> None:
    sign(scan, cast.doctor)
    Study.objects.filter(pk=scan.study_id).update(done_at=timezone.now() - timedelta(days=2))
    assert report.issue_due() == 0


def test_a_failure_leaves_the_signature_and_the_other_studies_alone(
    scan: Scan, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(scan, cast.doctor)
    with monkeypatch.context() as patch:

        def broken(**_: object) -> NoReturn:
            raise RuntimeError("no")

        patch.setattr(unasked, "issue", broken)
        assert report.issue_due() == 1
    assert Review.objects.filter(scan=scan).count() == 1
    assert report.issue_due() == 1, "and is tried again"
    Report.objects.update(state=ReportState.FAILED, attempts=3, reason="The disk is full.")
    assert report.issue_due() == 0, "one that failed waits for a person"


def test_without_the_portals_address_none_is_issued(
    scan: Scan, cast: Cast, settings: SettingsWrapper
) -> None:
    settings.PUBLIC_ADDRESS = ""
    sign(scan, cast.doctor)
    assert report.issue_due() == 0
    assert not Report.objects.exists()


def test_each_way_of_signing_tells_a_worker(
    scan: Scan,
    cast: Cast,
    settings: SettingsWrapper,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    told: list[str] = []

    class Message:
        def __init__(self, name: str) -> None:
            self.name = name

        def apply_async(self, **_: object) -> None:
            told.append(self.name)

    monkeypatch.setattr(current_app, "signature", Message)
    settings.CARINA_UNDO_SECONDS = 0
    with django_capture_on_commit_callbacks(execute=True):
        sign(scan, cast.doctor)
    with django_capture_on_commit_callbacks(execute=True):
        press(scan.study, cast.doctor, "normal")
    assert told == [messenger.REPORTS] * 2
    assert tasks.make_reports.name == messenger.REPORTS

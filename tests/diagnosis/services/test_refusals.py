"""A refused film: counted, told to its sender once, appealed, signed meanwhile, shown to a newer network."""

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent, Clinic
from diagnosis.models import CheckEntry, Scan, ScanStatus, Study, StudyState
from diagnosis.services import ledger, lifecycle, refusals, review, sweeper
from tests.conftest import Cast
from tests.films import model_version, promoted, queued_scan, refuse, refused_scan


@pytest.fixture(autouse=True)
def first_network(db: None, no_broker_needed: None) -> None:
    model_version("1.0.0")


@pytest.fixture
def no_broker_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    from diagnosis.services import messenger

    monkeypatch.setattr(messenger, "announce", lambda: None)
    monkeypatch.setattr(messenger, "waiting", lambda: 0)


def test_a_refusal_keeps_its_confidence_and_is_counted(cast: Cast) -> None:
    scan = refused_scan(cast.clinic_a, cast.doctor)
    assert (scan.reason_code, scan.reason_confidence) == ("lateral", 0.97)
    line = CheckEntry.objects.get()
    assert (line.kind, line.code, line.confidence, line.clinic) == ("refused", "lateral", 0.97, cast.clinic_a)
    assert AuditEvent.objects.get(action="scan.refused").facts["confidence"] == "0.9700"


def test_a_phantom_is_not_counted(cast: Cast) -> None:
    refuse(queued_scan(cast.clinic_a, cast.doctor))
    assert not CheckEntry.objects.exists()


def test_the_sender_is_mailed_once_where_the_clinic_wants_it(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, settings: SettingsWrapper
) -> None:
    settings.PUBLIC_ADDRESS = "https://carina.example.org"
    Clinic.objects.filter(pk=cast.clinic_a.pk).update(mails_refusals=True)
    with django_capture_on_commit_callbacks(execute=True):
        scan = refused_scan(cast.clinic_a, cast.technician)
    [letter] = mail.outbox
    assert letter.to == [cast.technician.email]
    assert "Lateral view" in letter.body
    assert f"https://carina.example.org/studies/{scan.study.public_id}/" in letter.body
    for secret in ("Ada", "Phantom", scan.study.patient.number, "film.png"):
        assert secret not in letter.body + letter.subject
    with django_capture_on_commit_callbacks(execute=True):
        assert lifecycle.retry(scan=scan, actor=cast.doctor)
        refuse(scan)
    assert len(mail.outbox) == 1


def test_nobody_is_mailed_unless_the_clinic_wants_it(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        refused_scan(cast.clinic_a, cast.technician)
    assert mail.outbox == []


def test_an_appeal_is_on_record_once_with_who_and_when(cast: Cast) -> None:
    scan = refused_scan(cast.clinic_a, cast.doctor)
    assert refusals.may_be_appealed(scan, cast.technician)
    assert refusals.appeal(scan=scan, person=cast.technician)
    scan.refresh_from_db()
    assert (scan.appealed_by, scan.status) == (cast.technician, ScanStatus.REFUSED)
    assert not refusals.may_be_appealed(scan, cast.doctor)
    assert not refusals.appeal(scan=scan, person=cast.doctor)
    assert AuditEvent.objects.filter(action="scan.appealed").count() == 1
    assert CheckEntry.objects.get(kind="appealed").by == cast.technician


def test_a_damaged_picture_cannot_be_appealed(cast: Cast) -> None:
    scan = refused_scan(cast.clinic_a, cast.doctor, code="truncated")
    assert not refusals.may_be_appealed(scan, cast.doctor)
    assert not refusals.appeal(scan=scan, person=cast.doctor)


def test_an_appealed_film_is_read_and_signed_meanwhile(cast: Cast) -> None:
    scan = refused_scan(cast.clinic_a, cast.doctor)
    refusals.appeal(scan=scan, person=cast.doctor)
    review.sign_off(scan=scan, prediction=None, doctor=cast.doctor, decision="read", finding="normal")
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.REVIEWED


def test_a_refused_film_is_shown_to_the_network_that_became_active(cast: Cast) -> None:
    scan = refused_scan(cast.clinic_a, cast.doctor)
    sweeper.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.REFUSED, "the same network would refuse it again"
    promoted("2.0.0")
    sweeper.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED
    facts = AuditEvent.objects.get(action="scan.retried").facts
    assert (facts["code"], facts["why"]) == ("lateral", "another network is active")
    refuse(scan)
    promoted("1.0.0")
    sweeper.sweep()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.REFUSED, "this network has refused it before"
    assert CheckEntry.objects.filter(kind="refused").count() == 2


def test_signed_dismissed_cancelled_and_damaged_films_get_no_second_try(cast: Cast) -> None:
    signed, aside, cancelled = (refused_scan(cast.clinic_a, cast.doctor, seed=seed) for seed in (1, 2, 3))
    damaged = refused_scan(cast.clinic_a, cast.doctor, code="truncated", seed=4)
    review.sign_off(scan=signed, prediction=None, doctor=cast.doctor, decision="read", finding="normal")
    lifecycle.set_aside(scan=aside, actor=cast.doctor)
    type(cancelled.study).objects.filter(pk=cancelled.study_id).update(cancelled_at=timezone.now())
    promoted("2.0.0")
    sweeper.sweep()
    for scan in (signed, aside, cancelled, damaged):
        scan.refresh_from_db()
        assert scan.status == ScanStatus.REFUSED


@pytest.mark.parametrize("meanwhile", ["signed", "dismissed", "cancelled"])
def test_what_a_person_decided_while_the_sweeper_waited_stands(cast: Cast, meanwhile: str) -> None:
    scan = refused_scan(cast.clinic_a, cast.technician)
    if meanwhile == "signed":
        review.sign_off(scan=scan, prediction=None, doctor=cast.doctor, decision="read", finding="normal")
    elif meanwhile == "dismissed":
        Scan.objects.filter(pk=scan.pk).update(set_aside_at=timezone.now(), set_aside_by=cast.doctor)
    else:
        Study.objects.filter(pk=scan.study_id).update(cancelled_at=timezone.now())
    assert not lifecycle.retry(scan=scan, actor=lifecycle.SWEEPER)
    scan.refresh_from_db()
    assert scan.status == ScanStatus.REFUSED


def test_second_tries_come_in_bounded_numbers_and_never_before_first_ones(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "SECOND_TRIES", 2)
    for seed in range(3):
        refused_scan(cast.clinic_a, cast.doctor, seed=seed)
    promoted("2.0.0")
    for _ in range(2):
        sweeper.sweep()
        assert Scan.objects.filter(status=ScanStatus.QUEUED).count() == 2


def test_the_ledger_counts_a_film_once_for_each_reason(cast: Cast) -> None:
    scan = refused_scan(cast.clinic_a, cast.doctor)
    lifecycle.retry(scan=scan, actor=cast.doctor)
    refuse(scan)
    refused_scan(cast.clinic_a, cast.doctor, code="lungs_cut_off", seed=1)
    refused_scan(cast.clinic_b, cast.stranger, seed=2)
    month = timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = list(ledger.rows([cast.clinic_a], since=month))
    assert [(row.code, row.films, row.of, row.share) for row in rows] == [
        ("lateral", 1, 2, 0.5),
        ("lungs_cut_off", 1, 2, 0.5),
    ]

"""What would grow for ever is deleted; what is in use, or on record, is not."""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from diagnosis import tasks
from diagnosis.models import (
    CriticalResult,
    Inquiry,
    Notice,
    Referral,
    Review,
    Study,
    Webhook,
    WebhookDelivery,
)
from diagnosis.services import export, worklist
from diagnosis.services.storage import path_of
from tests.conftest import Cast
from tests.diagnosis.reading_clinics import reading_clinic
from tests.films import analysed_scan, keep, queued_scan

DAY = 24 * 3600


def aged(path: str, seconds: float) -> Path:
    target = path_of(keep(path, b"x"))
    os.utime(target, (time.time() - seconds, time.time() - seconds))
    return target


def test_sessions_that_are_over_go_and_those_of_people_at_work_stay(cast: Cast) -> None:
    Client().force_login(cast.doctor, backend="allauth.account.auth_backends.AuthenticationBackend")
    over = Session.objects.get()
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))
    Client().force_login(cast.doctor, backend="allauth.account.auth_backends.AuthenticationBackend")
    tasks.tidy()
    (left,) = Session.objects.all()
    assert left.pk != over.pk


@pytest.mark.parametrize("folder", ["originals/clinic", "models", "."])
def test_what_killed_uploads_left_behind_goes_and_what_comes_in_stays(db: None, folder: str) -> None:
    old, ahead = aged(f"{folder}/.part-1", 2 * DAY), aged(f"{folder}/.part-2", -2 * DAY)
    running = aged(f"{folder}/.part-3", 60)
    tasks.tidy()
    assert [path.exists() for path in (old, ahead, running)] == [False, False, True]


def test_a_film_stays_however_old_it_is(cast: Cast) -> None:
    original = path_of(queued_scan(cast.clinic_a, cast.doctor).original)
    os.utime(original, (0, 0))
    tasks.tidy()
    assert original.exists()


def test_mails_kept_as_files_go_when_no_link_in_them_is_valid_any_more(
    db: None, settings: SettingsWrapper
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(path_of("mail"))
    old, recent = aged("mail/1.log", 31 * DAY), aged("mail/2.log", 29 * DAY)
    tasks.tidy()
    assert [old.exists(), recent.exists()] == [False, True]


def long_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def test_notices_go_a_year_after_they_were_read_and_none_that_somebody_still_needs(cast: Cast) -> None:
    def read(study: Study, **more: object) -> Notice:
        facts: dict[str, object] = {"kind": "reading_signed", "read_at": long_ago(366), **more}
        return Notice.objects.create(
            study=study, clinic=cast.clinic_a, person=cast.doctor, about=str(uuid4()), **facts
        )

    scans = [analysed_scan(cast.clinic_a, cast.technician, seed=seed) for seed in range(4)]
    over, waits, critical, asked = (scan.study for scan in scans)
    Study.objects.exclude(pk=waits.pk).update(state="reviewed", rank=worklist.RANK_DONE)
    signed = Review.objects.create(scan=scans[2], doctor=cast.doctor, decision="read", finding="pneumonia")
    CriticalResult.objects.create(clinic=cast.clinic_a, study=critical, review=signed, why="ticked")
    hub = reading_clinic(cast)
    referral = Referral.objects.create(
        study=asked, clinic=cast.clinic_a, reading_clinic=hub.clinic, agreement=hub.agreement, is_open=None
    )
    question = Inquiry.objects.create(referral=referral, study=asked, question="?", asked_by=hub.doctor)
    old = read(over)
    kept = [
        read(over, read_at=long_ago(364)), read(over, read_at=None), read(over, mail_due_at=timezone.now()),
        read(waits), read(critical), read(asked),
    ]  # fmt: skip
    tasks.tidy()
    assert set(Notice.objects.exclude(kind="answer")) == set(kept)
    assert not Notice.objects.filter(pk=old.pk).exists()
    CriticalResult.objects.update(is_open=None)
    Inquiry.objects.filter(pk=question.pk).update(answered_at=timezone.now())
    tasks.tidy()
    assert set(Notice.objects.all()) == set(kept[:4])


def test_what_webhooks_were_told_goes_after_a_season_and_stays_where_it_would_be_told_again(
    cast: Cast,
) -> None:
    hook = Webhook.objects.create(
        clinic=cast.clinic_a, address="https://receiver.example/", secret="x", made_by=cast.administrator
    )
    waits = analysed_scan(cast.clinic_a, cast.technician).study

    def told(**facts: object) -> WebhookDelivery:
        return WebhookDelivery.objects.create(webhook=hook, about=str(uuid4()), kind="overdue", **facts)

    for state in ("delivered", "given_up"):
        told(state=state, finished_at=long_ago(91), study=uuid4())
    kept = [
        told(state="delivered", finished_at=long_ago(89)), told(made_at=long_ago(400)),
        told(state="delivered", finished_at=long_ago(91), study=waits.public_id),
    ]  # fmt: skip
    tasks.tidy()
    assert list(WebhookDelivery.objects.order_by("pk")) == kept


def test_for_ever_is_for_ever(cast: Cast, settings: SettingsWrapper) -> None:
    settings.NOTICE_DAYS = settings.WEBHOOK_LOG_DAYS = 0
    study = analysed_scan(cast.clinic_a, cast.technician).study
    Study.objects.update(state="reviewed")
    Notice.objects.create(
        study=study, clinic=cast.clinic_a, person=cast.doctor, kind="question", read_at=long_ago(9999)
    )
    tasks.tidy()
    assert Notice.objects.exists()


def test_one_errand_that_fails_leaves_none_of_the_others_undone(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OSError("the disk is away")

    monkeypatch.setattr(export, "tidy", broken)
    old = aged("originals/clinic/.part-9", 2 * DAY)
    tasks.tidy()
    assert not old.exists()

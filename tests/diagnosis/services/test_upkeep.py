"""What would grow for ever is deleted; what is in use, or on record, is not."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from diagnosis import tasks
from diagnosis.services.storage import path_of
from tests.conftest import Cast
from tests.films import keep, queued_scan

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

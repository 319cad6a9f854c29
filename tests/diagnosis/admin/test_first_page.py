"""The first page of Django admin says how the installation, or the clinic, is doing."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from diagnosis.models import HeldFilm, HeldOutcome, Scan, ScanStatus
from diagnosis.services import operations
from diagnosis.services.heartbeat import WORKER_SEEN_KEY
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan, held_film, queued_scan

FIRST = "/admin/"


@pytest.fixture
def browser(cast: Cast) -> Callable[[str], Client]:
    def _browser(who: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, who))
        return client

    return _browser


def test_an_operator_sees_queue_disk_workers_films_network_and_who_waits(
    browser: Callable[[str], Client], cast: Cast
) -> None:
    cache.set(WORKER_SEEN_KEY, time.time())
    queued_scan(cast.clinic_a, cast.doctor)
    queued_scan(cast.clinic_b, cast.stranger, seed=1)
    failed = analysed_scan(cast.clinic_a, cast.doctor, seed=2)
    Scan.objects.filter(pk=failed.pk).update(status=ScanStatus.FAILED)
    page = text_of(browser("operator").get(FIRST))
    for words in (
        "Queue 2 films waiting (longest:",
        "1 failed",
        "Workers Working",
        "free of",
        "test-network 1.0.0",
        "3 today",
        "3 in 14 days",
        cast.waiting_doctor.get_full_name(),
    ):
        assert words in page, words
    assert "What is kept here" not in page


def test_an_administrator_sees_the_numbers_of_their_clinic(
    browser: Callable[[str], Client], cast: Cast
) -> None:
    queued_scan(cast.clinic_a, cast.doctor)
    for seed in (1, 2, 3):
        queued_scan(cast.clinic_b, cast.stranger, seed=seed)
    page = text_of(browser("administrator").get(FIRST))
    assert "Queue 1 film waiting" in page
    assert "1 today" in page
    assert cast.waiting_doctor.get_full_name() in page
    assert "DATA_DIR" not in page
    assert "Clinic B" not in page


def test_silent_workers_and_a_full_disk_say_what_to_do(
    browser: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        operations, "disk", lambda: operations.Disk(free=operations.LOW_DISK - 1, total=10**12)
    )
    page = text_of(browser("operator").get(FIRST))
    assert "Start the worker again" in page
    assert "Make room" in page
    assert "None is active" in page


def test_a_day_is_the_readers_own(cast: Cast, settings: LazySettings) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    older = queued_scan(cast.clinic_a, cast.doctor, seed=1)
    with timezone.override("Pacific/Auckland"):
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        Scan.objects.filter(pk=scan.pk).update(received_at=midnight)
        Scan.objects.filter(pk=older.pk).update(received_at=midnight - timedelta(seconds=1))
        films: list[Any] = operations.films_a_day(cast.clinic_a)
        assert [day.films for day in films[-2:]] == [1, 1]
        assert films[-1].day == midnight.date()
        assert sum(day.films for day in operations.films_a_day(cast.clinic_b)) == 0


def test_the_worklist_leads_an_operator_there(browser: Callable[[str], Client]) -> None:
    answer = browser("operator").get("/worklist/")
    assert (answer.status_code, answer.headers["Location"]) == (302, FIRST)
    assert browser("doctor").get("/worklist/").status_code == 200


def test_limits_of_a_network_are_rounded(browser: Callable[[str], Client], cast: Cast) -> None:
    version = analysed_scan(cast.clinic_a, cast.doctor).predictions.get().model_version
    version.measured_points.create(name="sensitivity_95", threshold=0.3296065330505371, sensitivity=0.95)
    page = text_of(browser("operator").get(f"/admin/diagnosis/modelversion/{version.pk}/change/"))
    assert "0.330" in page
    assert not re.search(r"0\.\d{5,}", page)


def test_films_that_nobody_settles_are_seen_by_whoever_runs_the_clinic_or_all(
    browser: Callable[[str], Client], cast: Cast
) -> None:
    held = held_film(queued_scan(cast.clinic_a, cast.doctor))
    HeldFilm.objects.update(received_at=timezone.now() - timedelta(hours=5))
    words = "1 to settle : a doctor or an administrator of the clinic says whose they are (longest: 5 h)."
    assert words in text_of(browser("operator").get(FIRST))
    assert words in text_of(browser("administrator").get(FIRST))
    assert "to settle :" not in text_of(browser("other_administrator").get(FIRST)), "theirs is another clinic"
    HeldFilm.objects.filter(pk=held.pk).update(outcome=HeldOutcome.REJECTED)
    assert "to settle :" not in text_of(browser("operator").get(FIRST))

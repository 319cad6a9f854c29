"""Exports are prepared one after the other; a killed worker, a full disk or an error loses none silently."""

import errno
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from diagnosis import tasks
from diagnosis.imaging.dicom import confined
from diagnosis.imaging.dicom.nameless import Nameless
from diagnosis.models import Export, ExportState
from diagnosis.services import export, storage
from tests.conftest import Cast
from tests.films import queued_scan


@pytest.fixture
def cleans(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Cleaning, which has its own tests, does this first."""

    def does(first: Callable[[], None]) -> None:
        def nameless(*_: object, **__: object) -> Nameless:
            first()
            return Nameless(b"a film", 0)

        monkeypatch.setattr(confined, "nameless", nameless)

    does(lambda: None)
    return does


@pytest.fixture
def wish(cast: Cast, cleans: object) -> Export:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    return export.ask(study=study, actor=cast.doctor, sex_and_age=False)


def test_progress_stands_on_the_row_while_a_film_is_cleaned(
    wish: Export, cleans: Callable[[Callable[[], None]], None]
) -> None:
    seen = []
    cleans(lambda: seen.append(Export.objects.values("state", "films", "outcomes").get()))
    assert export.prepare_due(seconds=60) == 1
    assert seen == [{"state": "working", "films": 1, "outcomes": []}]
    row = Export.objects.get()
    assert (row.state, row.cleaned, len(row.outcomes)) == (ExportState.READY, 1, 1)


def test_a_killed_workers_export_is_put_back_and_given_up_in_the_end(wish: Export) -> None:
    now = timezone.now()
    Export.objects.update(state=ExportState.WORKING, attempts=1, heard_at=now - timedelta(seconds=60))
    tasks.prepare_exports()
    assert Export.objects.get().state == ExportState.WORKING, "it may still be at work"
    Export.objects.update(heard_at=now - timedelta(hours=1))
    tasks.prepare_exports()
    assert Export.objects.get().state == ExportState.READY
    Export.objects.update(state=ExportState.WORKING, attempts=3, heard_at=now - timedelta(hours=1))
    tasks.prepare_exports()
    row = Export.objects.get()
    assert (row.state, row.reason) == (ExportState.FAILED, "Its worker was stopped again and again.")


def test_a_worker_that_lost_its_export_writes_nothing(
    wish: Export, cleans: Callable[[Callable[[], None]], None]
) -> None:
    cleans(lambda: Export.objects.update(attempts=7) and None)  # as if another had claimed it
    export.prepare_due(seconds=60)
    assert Export.objects.get().state == ExportState.WORKING
    assert list(storage.export_path(wish.public_id).parent.iterdir()) == []


def test_one_is_prepared_at_a_time(wish: Export, cast: Cast) -> None:
    other = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2).study
    Export.objects.create(
        study=other, asked_by=cast.doctor, state=ExportState.WORKING, heard_at=timezone.now()
    )
    assert export.prepare_due(seconds=60) == 0


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(OSError(errno.ENOSPC, "No space left"), "disk may be full"), (ValueError("odd"), "its log says more")],
)
def test_what_goes_wrong_is_said_and_leaves_no_file(
    wish: Export, monkeypatch: pytest.MonkeyPatch, trouble: Exception, words: str
) -> None:
    def fails(*_: object, **__: object) -> NoReturn:
        raise trouble

    monkeypatch.setattr("zipfile.ZipFile.writestr", fails)
    assert export.prepare_due(seconds=60) == 1
    row = Export.objects.get()
    assert row.state == ExportState.FAILED
    assert words in row.reason
    assert list(storage.export_path(wish.public_id).parent.iterdir()) == []


def test_a_full_disk_prepares_nothing(wish: Export, settings: SettingsWrapper) -> None:
    settings.MIN_FREE_BYTES = 10**18
    export.prepare_due(seconds=60)
    assert "disk may be full" in Export.objects.get().reason


def test_a_file_is_kept_for_some_hours_and_then_goes_with_its_row(
    wish: Export, settings: SettingsWrapper
) -> None:
    export.prepare_due(seconds=60)
    file, stray = storage.export_path(wish.public_id), Path("exports/stray.zip")
    storage.path_of(str(stray)).write_bytes(b"whose?")
    tasks.tidy()
    assert file.exists()
    assert not storage.path_of(str(stray)).exists()
    Export.objects.update(finished_at=timezone.now() - timedelta(hours=settings.EXPORT_HOURS, minutes=1))
    tasks.tidy()
    assert not file.exists()
    assert not Export.objects.exists()


def test_a_wish_at_work_is_never_tidied_away(wish: Export) -> None:
    Export.objects.update(state=ExportState.WORKING, asked_at=timezone.now() - timedelta(days=9))
    export.tidy()
    assert Export.objects.exists()
    Export.objects.update(state=ExportState.WAITING)
    export.tidy()
    assert not Export.objects.exists()

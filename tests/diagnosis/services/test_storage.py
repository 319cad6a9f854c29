"""A file is kept whole or not at all."""

import os
import time
from pathlib import Path

import pytest
from django.conf import LazySettings

from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Scan
from diagnosis.services import storage
from tests.conftest import Cast
from tests.diagnosis.services.intake.receiving import receive, stored_files, study_of
from tests.films import phantom_png


def test_what_a_killed_upload_left_behind_goes_a_day_later(cast: Cast, settings: LazySettings) -> None:
    study = study_of(cast)
    folder = (Path(settings.DATA_DIR) / receive(study, cast, phantom_png(1)).scan.original).parent.parent
    old, young = folder / ".part-old", folder / ".part-young"
    old.write_bytes(b"half a film")
    young.write_bytes(b"half a film")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    storage.remove_old_leftovers()
    assert (old.exists(), young.exists()) == (False, True)


def test_a_full_disk_is_a_refusal_in_words_and_leaves_nothing(
    cast: Cast, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    study = study_of(cast)
    monkeypatch.setattr(storage.os, "fsync", full)  # the kernel's answer cannot be had without filling a disk
    with pytest.raises(FilmRefused) as caught:
        receive(study, cast, phantom_png(1))
    assert caught.value.code == "not_stored"
    assert not Scan.objects.exists()
    assert not stored_files(settings)

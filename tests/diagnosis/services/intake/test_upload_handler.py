"""A file over the limit does not fill the disk, and costs no other file of its upload."""

import os

import pytest
from django.conf import LazySettings
from django.test import RequestFactory

from diagnosis.imaging.refusal import FilmRefused
from diagnosis.services.intake.upload_handler import FilmUpload
from tests.conftest import Cast
from tests.diagnosis.services.intake.receiving import receive_upload, study_of
from tests.films import phantom_png

MEGABYTE = 1024 * 1024


def uploaded(*contents: bytes) -> list[FilmUpload]:
    from django.core.files.uploadedfile import SimpleUploadedFile

    files = [SimpleUploadedFile(f"{number}.png", content) for number, content in enumerate(contents)]

    return RequestFactory().post("/", {"film": files}).FILES.getlist("film")


def on_disk(film: FilmUpload) -> int:
    film.flush()
    return os.fstat(film.fileno()).st_size


def test_the_bytes_of_a_file_over_the_limit_are_dropped_and_counted(settings: LazySettings) -> None:
    settings.MAX_FILM_BYTES = 2 * MEGABYTE
    small, huge, exact = uploaded(b"a" * MEGABYTE, b"b" * (5 * MEGABYTE), b"c" * (2 * MEGABYTE))
    assert [on_disk(film) for film in (small, huge, exact)] == [MEGABYTE, 0, 2 * MEGABYTE]
    assert [film.size for film in (small, huge, exact)] == [MEGABYTE, 5 * MEGABYTE, 2 * MEGABYTE]
    assert (small.refusal, exact.refusal) == (None, None)
    assert huge.refusal is not None
    assert huge.refusal.code == "too_many_bytes"


def test_intake_says_why_a_dropped_file_was_not_taken(cast: Cast, settings: LazySettings) -> None:
    settings.MAX_FILM_BYTES = 2 * MEGABYTE
    huge, good = uploaded(phantom_png(1) + b"\x00" * 2 * MEGABYTE, phantom_png(2))
    study = study_of(cast)
    with pytest.raises(FilmRefused, match=r"0\.png: The file is larger than 2 MB"):
        receive_upload(study, cast, huge)
    assert receive_upload(study, cast, good).scan.original_name == "1.png"


def test_a_disk_that_fills_up_during_an_upload_refuses_that_file_in_words(
    cast: Cast, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: FilmUpload, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(FilmUpload, "write", full, raising=False)  # as the kernel would answer
        (film,) = uploaded(b"a" * 2 * MEGABYTE)
    with pytest.raises(FilmRefused) as caught:
        receive_upload(study_of(cast), cast, film)
    assert caught.value.code == "not_stored"


def test_an_ending_longer_than_a_file_name_can_be_loses_no_film(cast: Cast) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    film = SimpleUploadedFile("film." + "é" * 200, phantom_png(3) + b"\x00" * 2 * MEGABYTE)
    (sent,) = RequestFactory().post("/", {"film": film}).FILES.getlist("film")
    assert not receive_upload(study_of(cast), cast, sent).duplicate

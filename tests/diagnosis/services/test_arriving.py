"""A film that arrives below DATA_DIR is written once: it gets its name when it is kept."""

import hashlib
import io
import os
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from diagnosis.imaging.header import inspect
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Scan
from diagnosis.services import arriving, storage
from tests.conftest import Cast
from tests.diagnosis.dicomweb.conftest import Archive, archive
from tests.diagnosis.services.intake.receiving import stored_files
from tests.dicom_films import chest, make_film
from tests.films import phantom_png

__all__ = ["archive"]


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies a film to its place fails."""

    def copied(*_: object) -> Path:
        raise AssertionError("the film was copied")

    monkeypatch.setattr(storage, "_write_whole", copied)


def arrived(content: bytes) -> io.IOBase:
    file = arriving.arriving_file()
    file.write(content)
    file.seek(0)
    return file  # type: ignore[return-value]


def kept(cast: Cast, film: io.IOBase, content: bytes) -> Path:
    header = inspect(io.BytesIO(content))
    path, sha256 = storage.keep_original(clinic=cast.clinic_a, film=film, header=header)  # type: ignore[arg-type]
    assert sha256 == hashlib.sha256(content).hexdigest()
    return storage.path_of(path)


def test_a_kept_film_is_the_very_file_that_arrived(cast: Cast, settings: LazySettings, copies: None) -> None:
    content = phantom_png(1)
    with arrived(content) as film:
        path = kept(cast, film, content)
        assert os.fstat(film.fileno()).st_ino == path.stat().st_ino
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == settings.FILE_UPLOAD_PERMISSIONS
    assert stored_files(settings) == [path]


def test_the_same_film_again_mends_a_file_that_was_damaged(cast: Cast, settings: LazySettings) -> None:
    content = phantom_png(1)
    with arrived(content) as film:
        path = kept(cast, film, content)
    path.write_bytes(b"damaged")
    with arrived(content) as film:
        assert kept(cast, film, content) == path
        assert kept(cast, film, content) == path  # and once more, of one and the same file
    assert path.read_bytes() == content
    assert [one for one in Path(settings.DATA_DIR).rglob("*") if ".part-" in one.name] == []
    assert stored_files(settings) == [path]


def test_a_film_that_is_not_kept_leaves_nothing(cast: Cast, settings: LazySettings) -> None:
    with arrived(phantom_png(1)):
        assert stored_files(settings) == []  # nor would a kill
    assert stored_files(settings) == []


def test_where_files_need_a_name_it_is_copied(
    cast: Cast, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "_NAMELESS", None)
    content = phantom_png(1)
    with arrived(content) as film:
        path = kept(cast, film, content)
    assert path.read_bytes() == content
    assert stored_files(settings) == [path]


def test_where_the_system_cannot_name_it_it_is_copied(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_file_system(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    content = phantom_png(1)
    with arrived(content) as film:
        monkeypatch.setattr(arriving.os, "link", other_file_system)  # there is one file system here
        assert kept(cast, film, content).read_bytes() == content


def test_a_disk_that_cannot_flush_a_film_refuses_it_and_keeps_nothing(
    cast: Cast, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    content = phantom_png(1)
    with arrived(content) as film:
        monkeypatch.setattr(arriving.os, "fsync", full)
        with pytest.raises(FilmRefused) as caught:
            kept(cast, film, content)
    assert caught.value.code == "not_stored"
    assert stored_files(settings) == []


def test_a_film_by_dicomweb_is_not_copied(archive: Archive, copies: None) -> None:
    assert archive.store(make_film()).status_code == 200
    assert storage.path_of(Scan.objects.get().original).read_bytes() == make_film()


def test_a_large_film_by_the_api_is_not_copied(archive: Archive, copies: None) -> None:
    film = io.BytesIO(content := make_film(chest(side=1024)))
    film.name = "IM1"
    headers = {"Authorization": f"Token {archive.plain}"}
    response = Client().post("/api/v1/studies/", {"film": film}, headers=headers)
    assert response.status_code == 201, response.content
    assert storage.path_of(Scan.objects.get().original).read_bytes() == content

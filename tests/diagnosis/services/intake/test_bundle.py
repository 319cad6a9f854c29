"""Case 13: a parcel of files is taken apart; each has its own line, and none costs its neighbours."""

import io
import os
import stat
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import LazySettings

from diagnosis.imaging.refusal import Refusal
from diagnosis.models import Door, Scan
from diagnosis.services.arriving import Arriving
from diagnosis.services.intake import batch_films, bundle, parcel
from diagnosis.services.intake.bundle import receive_files
from diagnosis.services.intake.outcome import InstanceOutcome, Origin
from tests.conftest import Cast
from tests.dicom_studies import dicom_film
from tests.films import phantom_png


@pytest.fixture(autouse=True)
def own_folder(settings: LazySettings, tmp_path: Path) -> Path:
    """Where uploads go meanwhile; nothing may be left there."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "uploads")
    folder = tmp_path / "uploads"
    folder.mkdir()
    return folder


def zipped(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sent(cast: Cast, content: bytes, name: str = "study.zip") -> list[InstanceOutcome]:
    origin = Origin(cast.clinic_a, cast.technician, Door.BROWSER)
    return receive_files(origin=origin, files=[(io.BytesIO(content), name)])


def told(outcomes: list[InstanceOutcome]) -> dict[str, tuple[str, str]]:
    return {line.name.removeprefix("study.zip › "): (line.outcome, line.code) for line in outcomes}


@pytest.mark.django_db
def test_case_13_what_is_no_film_is_one_line_and_the_films_go_in(cast: Cast, own_folder: Path) -> None:
    parcel = zipped(
        {
            "DICOMDIR": b"list",
            "A/IM1": dicom_film(1),
            "A/report.pdf": b"%PDF-1.4 report",
            "__MACOSX/A/._IM1": b"\x00\x05\x16\x07",
            "A/.DS_Store": b"x",
            "A/photo.png": phantom_png(),
            "A/sr.dcm": dicom_film(5, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", Modality="SR"),
            "A/broken": dicom_film(6)[:2000],
            "A/IM2": dicom_film(2, seed=1),
        }
    )
    lines = told(sent(cast, parcel))
    assert lines["IM1"] == lines["IM2"] == ("received", "")
    assert lines["DICOMDIR"] == lines["._IM1"] == lines[".DS_Store"] == ("skipped", "skipped")
    assert lines["photo.png"] == ("refused", "needs_patient")
    assert {lines[name][0] for name in ("report.pdf", "sr.dcm", "broken")} == {"refused"}
    assert Scan.objects.count() == 2
    assert list(own_folder.iterdir()) == []


@pytest.mark.django_db
def test_a_zip_in_the_zip_is_taken_apart_and_no_deeper(cast: Cast) -> None:
    inner = zipped({"IM2": dicom_film(2, seed=1), "deep.zip": zipped({"IM3": dicom_film(3, seed=2)})})
    lines = told(sent(cast, zipped({"IM1": dicom_film(1), "inner.zip": inner})))
    assert lines["IM1"] == lines["inner.zip › IM2"] == ("received", "")
    assert lines["inner.zip › deep.zip"] == ("refused", "unsupported_format")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["../IM1", "/etc/IM1", "C:\\IM1", "A/../../IM1"])
def test_a_name_that_leads_out_is_refused(cast: Cast, name: str) -> None:
    lines = told(sent(cast, zipped({name: dicom_film(1), "IM2": dicom_film(2, seed=1)})))
    assert lines == {"IM1": ("refused", "unsupported_format"), "IM2": ("received", "")}


@pytest.mark.django_db
def test_a_link_is_refused(cast: Cast) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("IM1", dicom_film(1))
    assert told(sent(cast, buffer.getvalue())) == {
        "link": ("refused", "unsupported_format"),
        "IM1": ("received", ""),
    }


@pytest.mark.django_db
def test_a_locked_file_is_refused_and_its_neighbour_taken(cast: Cast) -> None:
    content = bytearray(zipped({"IM1": dicom_film(1), "IM2": dicom_film(2, seed=1)}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1  # the first file's flag
    lines = told(sent(cast, bytes(content)))
    assert lines == {"IM1": ("refused", "encrypted"), "IM2": ("received", "")}


@pytest.mark.django_db
def test_a_bomb_is_refused_before_it_fills_the_disk(cast: Cast) -> None:
    outcomes = sent(cast, zipped({"bomb": bytes(40 * 1024**2), "IM1": dicom_film(1)}))
    assert "unpacks to far more" in outcomes[0].text
    assert told(outcomes) == {"bomb": ("refused", "too_complex"), "IM1": ("received", "")}


@pytest.mark.django_db
def test_a_file_over_the_limit_costs_no_other(cast: Cast, settings: LazySettings) -> None:
    settings.MAX_FILM_BYTES = 100_000
    lines = told(sent(cast, zipped({"large": os.urandom(200_000), "IM1": dicom_film(1)})))
    assert lines == {"large": ("refused", "too_many_bytes"), "IM1": ("received", "")}


@pytest.mark.django_db
def test_the_rest_of_too_many_files_is_not_read(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcel, "MOST_FILES", 2)
    films = {f"IM{number}": dicom_film(number, seed=number) for number in (1, 2, 3)}
    lines = told(sent(cast, zipped(films)))
    assert lines == {"IM1": ("received", ""), "IM2": ("received", ""), "study.zip": ("refused", "too_large")}


@pytest.mark.django_db
def test_all_that_is_unpacked_counts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    film = dicom_film(1)
    monkeypatch.setattr(parcel, "MOST_BYTES", len(film) + 100)
    lines = told(sent(cast, zipped({"IM1": film, "IM2": dicom_film(2, seed=1)})))
    assert lines == {"IM1": ("received", ""), "study.zip": ("refused", "too_large")}


@pytest.mark.django_db
def test_a_list_that_is_too_long_is_not_read(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcel, "MOST_DIRECTORY", 40)
    assert told(sent(cast, zipped({"IM1": dicom_film(1)}))) == {"study.zip": ("refused", "too_complex")}


@pytest.mark.django_db
def test_a_zip_that_is_cut_off_is_refused(cast: Cast) -> None:
    content = zipped({"IM1": dicom_film(1)})
    assert told(sent(cast, content[: len(content) // 2])) == {"study.zip": ("refused", "damaged")}


@pytest.mark.django_db
def test_a_damaged_film_in_the_zip_costs_no_other(cast: Cast) -> None:
    content = bytearray(zipped({"IM1": dicom_film(1), "IM2": dicom_film(2, seed=1)}))
    place = content.index(b"IM1") + 500
    content[place : place + 50] = bytes(50)
    lines = told(sent(cast, bytes(content)))
    assert lines == {"IM1": ("refused", "damaged"), "IM2": ("received", "")}


@pytest.mark.django_db
def test_an_office_document_is_one_line(cast: Cast) -> None:
    letter = zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"})
    lines = told(sent(cast, zipped({"letter.docx": letter})))
    assert lines == {"letter.docx": ("refused", "unsupported_format")}


@pytest.mark.django_db
def test_no_file_is_left_when_the_database_goes_away(
    cast: Cast, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def away(**_: object) -> None:
        assert tempfile.gettempdir()
        raise OperationalError(2006, "gone")

    monkeypatch.setattr(bundle, "receive_instance", away)
    with pytest.raises(OperationalError):
        sent(cast, zipped({"IM1": dicom_film(1)}))
    assert list(own_folder.iterdir()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("size", [500, 200_000])  # told when it is flushed, or while it is written
def test_a_disk_that_is_full_while_a_zip_is_taken_apart_is_no_damaged_film(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(parcel, "arriving_file", lambda: Arriving(io.FileIO("/dev/full", "r+b")))
    content = zipped({"A/IM1": os.urandom(size)})
    (line,) = sent(cast, content)
    assert line.code == Refusal.STORAGE
    assert "could not store" in line.text
    (added,) = batch_films.add(actor=cast.technician, files=[(io.BytesIO(content), "study.zip")])
    assert (added.film, added.later) == (None, True)

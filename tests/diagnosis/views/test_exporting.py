"""A study as a ZIP, byte for byte or without names, for somebody who has just confirmed who they are."""

import io
import zipfile
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.imaging.dicom import confined
from diagnosis.imaging.dicom.nameless import HeldBack, Nameless
from diagnosis.models import Scan, Study
from diagnosis.services import storage
from tests.conftest import Cast
from tests.films import queued_scan


def exported(client: Client, study: Study, kind: str, **more: str) -> zipfile.ZipFile:
    response = client.post(f"/studies/{study.public_id}/export/", {"kind": kind, **more})
    assert response["Content-Type"] == "application/zip"
    assert "no-store" in response["Cache-Control"]
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def test_films_leave_as_they_came_under_names_that_say_nothing(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.update(original_name="=cmd()|Phantom Ada.png")
    archive = exported(doctor, scan.study, "as it came")
    assert archive.namelist() == ["film-001.png"]
    assert archive.testzip() is None
    assert archive.read("film-001.png") == storage.path_of(scan.original).read_bytes()
    event = AuditEvent.objects.get(action="study.exported")
    assert (event.actor, event.facts) == (cast.doctor.email, {"kind": "as it came", "films": 1})


def test_a_missing_file_is_named(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    storage.path_of(scan.original).unlink()
    archive = exported(doctor, scan.study, "as it came")
    assert archive.namelist() == ["missing.txt"]


def test_dismissed_films_stay_here(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.update(set_aside_at=scan.received_at)
    assert exported(doctor, scan.study, "as it came").namelist() == []


@pytest.fixture
def cleaner(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What was asked of the cleaning, which has its own tests: the first film comes back, others do not."""
    asked: list[dict[str, object]] = []

    def nameless(path: Path, record: object, room: object, **wish: object) -> Nameless:
        asked.append(wish)
        if len(asked) > 1:
            raise HeldBack("Letters cover too much of it to be taken out.")
        return Nameless(b"a film", 1)

    monkeypatch.setattr(confined, "nameless", nameless)
    return asked


def test_without_names_each_film_is_cleaned_or_held_back_with_the_reason(
    doctor: Client, cast: Cast, cleaner: list[dict[str, object]]
) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    second = queued_scan(cast.clinic_a, cast.doctor, seed=1)
    Scan.objects.filter(pk=second.pk).update(study=study)
    archive = exported(doctor, study, "without names", sex_and_age="1")
    assert archive.namelist() == ["film-001.dcm", "films.txt"]
    told = archive.read("films.txt").decode()
    assert told == (
        "Film 1: without a name; 1 line of letters was covered.\n"
        "Film 2: held back: Letters cover too much of it to be taken out.\n"
    )
    assert cleaner[0]["sex_and_age"] is True
    assert cleaner[0]["key"] == cleaner[1]["key"], "identifiers of one export fit together"
    assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) for entry in archive.infolist())


def test_a_screen_left_open_exports_nothing(doctor: Client, cast: Cast, settings: LazySettings) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    study = queued_scan(cast.clinic_a, cast.doctor).study
    response = doctor.post(f"/studies/{study.public_id}/export/", {"kind": "as it came"})
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/reauthenticate/")
    assert not AuditEvent.objects.filter(action="study.exported").exists()


def test_an_unknown_kind_exports_nothing(doctor: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    doctor.post(f"/studies/{study.public_id}/export/", {"kind": "="})
    assert not AuditEvent.objects.filter(action="study.exported").exists()


def test_researchers_get_files_and_a_list(
    cast: Cast, tmp_path: Path, cleaner: list[dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (0, 1):
        queued_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed)
    queued_scan(cast.clinic_b, cast.stranger, number="THEIRS", seed=2)
    out = tmp_path / "films"
    options = {"deidentified": True, "clinic": "Clinic A", "out": out}
    call_command("export_studies", **options)
    assert sorted(path.name for path in out.iterdir()) == ["films.csv", "study-00001-film-001.dcm"]
    assert len(cleaner) == 2
    assert "1 films without names" in capsys.readouterr().out
    assert "P-0" not in (out / "films.csv").read_text()
    assert AuditEvent.objects.filter(action="study.exported").count() == 2
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("export_studies", **options)
    with pytest.raises(CommandError, match="no clinic named"):
        call_command("export_studies", **options | {"clinic": "=A"})

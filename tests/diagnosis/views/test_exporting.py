"""A study as a ZIP, byte for byte or without names, for somebody who has just confirmed who they are."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client

from accounts.models import AuditEvent, User
from diagnosis import tasks
from diagnosis.imaging.dicom import confined
from diagnosis.imaging.dicom.nameless import HeldBack, Nameless
from diagnosis.models import Export, ExportState, Scan, Study
from diagnosis.services import storage
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
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


def two_films(cast: Cast) -> Study:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    second = queued_scan(cast.clinic_a, cast.doctor, seed=1)
    Scan.objects.filter(pk=second.pk).update(study=study)
    return study


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


def asked(client: Client, study: Study, **more: str) -> str:
    """The address of the page of an export that was asked for."""
    response = client.post(f"/studies/{study.public_id}/export/", {"kind": "without names", **more})
    assert response.status_code == 302
    return str(response["Location"])


def fetched(client: Client, page: str) -> zipfile.ZipFile:
    response = client.post(f"{page}file/")
    assert response["Content-Type"] == "application/zip"
    assert "no-store" in response["Cache-Control"]
    assert 'filename="study-without-names.zip"' in response["Content-Disposition"]
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def test_without_names_each_film_is_cleaned_or_held_back_with_the_reason(
    doctor: Client, cast: Cast, cleaner: list[dict[str, object]]
) -> None:
    study = two_films(cast)
    page = asked(doctor, study, sex_and_age="1")
    assert "Waiting" in text_of(doctor.get(page))
    assert cleaner == [], "no request waits for the cleaning"
    tasks.prepare_exports()
    shown = text_of(doctor.get(page))
    assert "Ready: 1 of 2 films." in shown
    assert "Film 2: held back: Letters cover too much of it to be taken out." in shown
    archive = fetched(doctor, page)
    assert archive.namelist() == ["film-001.dcm", "films.txt"]
    assert archive.read("film-001.dcm") == b"a film"
    told = archive.read("films.txt").decode()
    assert told == (
        "Film 1: without a name; 1 line of letters was covered.\n"
        "Film 2: held back: Letters cover too much of it to be taken out.\n"
    )
    assert cleaner[0]["sex_and_age"] is True
    assert cleaner[0]["key"] == cleaner[1]["key"], "identifiers of one export fit together"
    assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) for entry in archive.infolist())


def test_an_export_is_on_record_when_it_is_fetched_and_not_before(
    doctor: Client, cast: Cast, cleaner: list[dict[str, object]]
) -> None:
    page = asked(doctor, queued_scan(cast.clinic_a, cast.doctor).study)
    left = AuditEvent.objects.filter(action="study.exported")
    tasks.prepare_exports()
    assert AuditEvent.objects.filter(action="export.asked").count() == 1
    assert not left.exists()
    fetched(doctor, page)
    event = left.get()
    assert (event.actor, event.facts) == (cast.doctor.email, {"kind": "without names", "films": 1})
    fetched(doctor, page)
    assert left.count() == 2, "each time that it leaves"
    storage.export_path(Export.objects.get().public_id).unlink()
    assert "no longer here" in text_of(doctor.post(f"{page}file/", follow=True))
    assert left.count() == 2, "nothing left"


def test_nothing_leaves_that_cannot_be_put_on_record(
    doctor: Client, cast: Cast, cleaner: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = asked(doctor, queued_scan(cast.clinic_a, cast.doctor).study)
    tasks.prepare_exports()

    def full(*_: object, **__: object) -> None:
        raise OperationalError("the record cannot be written")

    monkeypatch.setattr("diagnosis.services.history.write", full)
    doctor.raise_request_exception = False
    response = doctor.post(f"{page}file/")
    assert response.status_code >= 500
    assert b"a film" not in response.getvalue()


def test_nobody_else_sees_or_fetches_an_export(
    doctor: Client,
    cast: Cast,
    signed_in: Callable[[User], Client],
    cleaner: list[dict[str, object]],
) -> None:
    page = asked(doctor, queued_scan(cast.clinic_a, cast.doctor).study)
    tasks.prepare_exports()
    for person in (cast.colleague, cast.administrator, cast.stranger):
        other = signed_in(person)
        assert other.get(page).status_code == other.post(f"{page}file/").status_code == 404
    assert not AuditEvent.objects.filter(action="study.exported").exists()
    file = storage.export_path(Export.objects.get().public_id)
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)


def test_a_wish_that_waits_is_not_taken_twice(doctor: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    assert asked(doctor, study) == asked(doctor, study)
    assert asked(doctor, study) != asked(doctor, study, sex_and_age="1")
    shown = text_of(doctor.get(f"/studies/{study.public_id}/"))
    assert shown.count("waiting, asked") == 2


def test_a_page_that_waits_looks_again_with_and_without_scripts(doctor: Client, cast: Cast) -> None:
    page = asked(doctor, queued_scan(cast.clinic_a, cast.doctor).study)
    shown = doctor.get(page).content.decode()
    assert f'href="{page}">Look again<' in shown
    assert 'hx-trigger="every 3s"' in shown
    Export.objects.update(state=ExportState.FAILED, reason="Its worker was stopped.")
    shown = doctor.get(page).content.decode()
    assert "Its worker was stopped." in shown
    assert "Look again" not in shown
    assert "hx-get" not in shown


def test_where_no_film_could_be_cleaned_there_is_nothing_to_fetch(
    doctor: Client, cast: Cast, cleaner: list[dict[str, object]]
) -> None:
    cleaner.append({})  # so that each is held back
    page = asked(doctor, queued_scan(cast.clinic_a, cast.doctor).study)
    tasks.prepare_exports()
    assert "No film could be cleaned" in text_of(doctor.get(page))
    assert "There is no film to fetch." in text_of(doctor.post(f"{page}file/", follow=True))
    assert not AuditEvent.objects.filter(action="study.exported").exists()


def test_a_screen_left_open_exports_nothing(doctor: Client, cast: Cast, settings: LazySettings) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    study = queued_scan(cast.clinic_a, cast.doctor).study
    page = Export.objects.create(study=study, asked_by=cast.doctor).public_id
    for address in (f"/studies/{study.public_id}/export/", f"/exports/{page}/file/"):
        response = doctor.post(address, {"kind": "as it came"})
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
    left = AuditEvent.objects.get(action="study.exported")
    assert left.facts["films"] == 1, "a study of which nothing left is not on record as exported"
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("export_studies", **options)
    with pytest.raises(CommandError, match="no clinic named"):
        call_command("export_studies", **options | {"clinic": "=A"})

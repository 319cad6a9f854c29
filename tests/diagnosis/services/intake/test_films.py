"""A film that comes in is kept as it came, once a clinic, on record, and queued; or refused in words."""

import hashlib
import io
import os
import stat
import threading
import time
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import connection

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Door, Scan, ScanStatus, Study, StudyState
from diagnosis.services import patients, storage, studies
from diagnosis.services.intake import films
from tests.conftest import Cast
from tests.films import phantom_png


def study_of(cast: Cast, number: str = "P-1") -> Study:
    patient = patients.find_or_create_patient(clinic=cast.clinic_a, number=number, actor=cast.technician)
    return studies.create_study(patient=patient, actor=cast.technician)


def receive(study: Study, cast: Cast, content: bytes, name: str = "film.png") -> films.IntakeResult:
    return films.receive(study=study, film=io.BytesIO(content), name=name, actor=cast.technician)


def receive_upload(study: Study, cast: Cast, film: UploadedFile) -> films.IntakeResult:
    return films.receive(study=study, film=film, name=film.name or "", actor=cast.technician)


def stored_files(settings: LazySettings) -> list[Path]:
    return [path for path in Path(settings.DATA_DIR).rglob("*") if path.is_file()]


def test_the_original_is_kept_byte_for_byte(cast: Cast, settings: LazySettings) -> None:
    content = phantom_png(1)
    scan = receive(study_of(cast), cast, content).scan
    path = Path(settings.DATA_DIR) / scan.original
    assert path.read_bytes() == content
    assert scan.sha256 == hashlib.sha256(content).hexdigest()
    assert scan.original == f"originals/{cast.clinic_a.public_id}/{scan.sha256[:2]}/{scan.sha256}.png"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (scan.width, scan.height, scan.media_type) == (1024, 1024, "image/png")
    assert (scan.size_bytes, scan.status) == (len(content), ScanStatus.QUEUED)
    assert stored_files(settings) == [path], "no temporary file is left"


def test_intake_is_on_record_and_shows_in_the_worklist(cast: Cast) -> None:
    study = study_of(cast)
    scan = receive(study, cast, phantom_png(1)).scan
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.actor) == ("scan.received", cast.technician.email)
    assert event.subject == f"scan:{scan.public_id}"
    assert event.study_id == str(study.public_id)
    assert event.facts["sha256"] == scan.sha256
    study.refresh_from_db()
    assert study.state == StudyState.WAITING
    assert not list(audit.verify())


def test_workers_are_told_once_the_row_stands(
    cast: Cast, announced, django_capture_on_commit_callbacks
) -> None:
    study = study_of(cast)
    with django_capture_on_commit_callbacks(execute=True):
        scan = receive(study, cast, phantom_png(1)).scan
        assert announced() == []
    assert announced() == [scan.pk]
    with django_capture_on_commit_callbacks(execute=True):
        receive(study, cast, phantom_png(1))
    assert announced() == [], "a duplicate is not analysed again"


def test_without_a_broker_the_film_is_kept_and_the_log_says_so(
    cast: Cast, no_broker: None, django_capture_on_commit_callbacks, caplog: pytest.LogCaptureFixture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        scan = receive(study_of(cast), cast, phantom_png(1)).scan
    assert Scan.objects.get(pk=scan.pk).status == ScanStatus.QUEUED
    assert str(scan.pk) in caplog.text
    assert "sweeper" in caplog.text


def test_what_a_killed_upload_left_behind_goes_a_day_later(cast: Cast, settings: LazySettings) -> None:
    study = study_of(cast)
    folder = (Path(settings.DATA_DIR) / receive(study, cast, phantom_png(1)).scan.original).parent.parent
    old, young = folder / ".part-old", folder / ".part-young"
    old.write_bytes(b"half a film")
    young.write_bytes(b"half a film")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    receive(study, cast, phantom_png(2))
    assert (old.exists(), young.exists()) == (False, True)


def test_the_same_bytes_lead_to_the_scan_that_is_there(cast: Cast, settings: LazySettings) -> None:
    study, other = study_of(cast), study_of(cast, "P-2")
    first = receive(study, cast, phantom_png(1))
    again = receive(other, cast, phantom_png(1), name="copy.png")
    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.scan == first.scan
    assert Scan.objects.count() == 1
    assert len(stored_files(settings)) == 1
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.study_id) == ("scan.received_again", str(other.public_id))
    assert event.facts["kept_in"] == f"study:{study.public_id}"


def test_another_clinic_with_the_same_bytes_gets_a_scan_of_its_own(
    cast: Cast, settings: LazySettings
) -> None:
    first = receive(study_of(cast), cast, phantom_png(1))
    patient = patients.find_or_create_patient(clinic=cast.clinic_b, number="P-1", actor=cast.stranger)
    theirs = studies.create_study(patient=patient, actor=cast.stranger)
    second = films.receive(
        study=theirs, film=io.BytesIO(phantom_png(1)), name="film.png", actor=cast.stranger
    )
    assert not second.duplicate
    assert second.scan != first.scan
    assert second.scan.clinic == cast.clinic_b
    assert len(stored_files(settings)) == 2


def test_one_bad_file_does_not_cost_the_others(cast: Cast) -> None:
    study = study_of(cast)
    files = [("a.png", phantom_png(1)), ("b.png", b"%PDF-1.4"), ("c.png", phantom_png(1)), ("d.png", b"")]
    sent = [(io.BytesIO(content), name) for name, content in files]
    outcomes = films.receive_many(study=study, films=sent, actor=cast.technician)
    assert [outcome.name for outcome in outcomes] == ["a.png", "b.png", "c.png", "d.png"]
    assert [bool(outcome.scan) for outcome in outcomes] == [True, False, True, False]
    assert [outcome.duplicate for outcome in outcomes] == [False, False, True, False]
    assert "PDF" in outcomes[1].text
    assert "already" in outcomes[2].text
    assert study.scans.count() == 1


def test_a_film_of_another_patient_is_said_to_be_one(cast: Cast) -> None:
    receive(study_of(cast), cast, phantom_png(1))
    sent = [(io.BytesIO(phantom_png(1)), "a.png")]
    (outcome,) = films.receive_many(study=study_of(cast, "P-2"), films=sent, actor=cast.technician)
    assert "another patient" in outcome.text


def test_a_refused_film_is_on_record_without_its_name(cast: Cast) -> None:
    study = study_of(cast)
    with pytest.raises(FilmRefused) as caught:
        receive(study, cast, b"%PDF-1.4", name="Ada Phantom.PNG")
    assert str(caught.value).startswith("Ada Phantom.PNG: ")
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.subject) == ("scan.refused", f"study:{study.public_id}")
    assert event.facts == {"code": "unsupported_format", "bytes": 8, "ending": ".png"}
    assert not Scan.objects.exists()


def test_a_file_over_the_limit_is_refused(cast: Cast, settings: LazySettings) -> None:
    settings.MAX_FILM_BYTES = 2 * 1024 * 1024
    with pytest.raises(FilmRefused) as caught:
        receive(study_of(cast), cast, phantom_png(1) + b"\x00" * settings.MAX_FILM_BYTES)
    assert caught.value.code == "too_many_bytes"
    assert "2 MB" in caught.value.message
    assert not stored_files(settings)


def test_the_operator_may_lower_the_number_of_pixels(cast: Cast, settings: LazySettings) -> None:
    settings.MAX_FILM_PIXELS = 1_000_000
    with pytest.raises(FilmRefused) as caught:
        receive(study_of(cast), cast, phantom_png(1))
    assert caught.value.code == "too_many_pixels"


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


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\films\\röntgen.png", "röntgen.png"),
        ("ro\u0308ntgen.png", "röntgen.png"),
        ("胸部 X線.png", "胸部 X線.png"),
        ("film\u202egnp.exe", "filmgnp.exe"),
        ("a\x00b\nc.png", "abc.png"),
        ("", "unnamed file"),
        ("..", "unnamed file"),
    ],
)
def test_names_are_made_harmless_and_stay_readable(cast: Cast, sent: str, kept: str) -> None:
    assert receive(study_of(cast), cast, phantom_png(1), name=sent).scan.original_name == kept


def test_a_long_name_is_shortened_and_keeps_its_ending(cast: Cast) -> None:
    name = receive(study_of(cast), cast, phantom_png(1), name="x" * 300 + ".png").scan.original_name
    assert len(name) <= 255
    assert name.endswith("….png")


def test_an_upload_object_is_a_film_like_any_other(cast: Cast) -> None:
    film = SimpleUploadedFile("film.png", phantom_png(1))
    film.read()  # whoever had it before need not rewind
    result = films.receive(study=study_of(cast), film=film, name="film.png", actor=cast.technician)
    assert result.scan.size_bytes == film.size


def test_a_demonstration_film_is_marked(cast: Cast) -> None:
    result = films.receive(
        study=study_of(cast), film=io.BytesIO(phantom_png(1)), name="p.png", actor="demo", is_phantom=True
    )
    assert result.scan.is_phantom


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_at_the_same_time_make_one_scan(cast: Cast, announced) -> None:
    studies = [study_of(cast, f"P-{number}") for number in range(4)]
    results: list[films.IntakeResult] = []
    start = threading.Barrier(len(studies))

    def run(study: Study) -> None:
        try:
            start.wait()
            results.append(receive(study, cast, phantom_png(5)))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[study]) for study in studies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert sum(not result.duplicate for result in results) == 1
    assert Scan.objects.count() == 1
    assert announced() == [Scan.objects.get().pk]
    assert not list(audit.verify())


def test_a_study_remembers_its_door(cast: Cast) -> None:
    patient = patients.find_or_create_patient(clinic=cast.clinic_a, number="P-1", actor="demo")
    assert studies.create_study(patient=patient, actor="demo", door=Door.DEMO).door == Door.DEMO

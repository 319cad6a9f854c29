"""A film that comes in is kept as it came, on record, and queued."""

import hashlib
import io
import stat
from pathlib import Path

from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.models import Door, ScanStatus, StudyState
from diagnosis.services import patients, studies
from diagnosis.services.intake import films
from tests.conftest import Cast
from tests.diagnosis.services.intake.receiving import receive, stored_files, study_of
from tests.films import phantom_png


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


def test_a_study_remembers_its_door(cast: Cast) -> None:
    patient = patients.find_or_create_patient(clinic=cast.clinic_a, number="P-1", actor="demo")
    assert studies.create_study(patient=patient, actor="demo", door=Door.DEMO).door == Door.DEMO

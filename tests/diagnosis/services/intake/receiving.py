"""A film sent into a study, and the files that are kept of it."""

import io
from pathlib import Path

from django.conf import LazySettings
from django.core.files.uploadedfile import UploadedFile

from diagnosis.models import Study
from diagnosis.services import patients, studies
from diagnosis.services.intake import films
from tests.conftest import Cast


def study_of(cast: Cast, number: str = "P-1") -> Study:
    patient = patients.find_or_create_patient(clinic=cast.clinic_a, number=number, actor=cast.technician)
    return studies.create_study(patient=patient, actor=cast.technician)


def receive(study: Study, cast: Cast, content: bytes, name: str = "film.png") -> films.IntakeResult:
    return films.receive(study=study, film=io.BytesIO(content), name=name, actor=cast.technician)


def receive_upload(study: Study, cast: Cast, film: UploadedFile) -> films.IntakeResult:
    return films.receive(study=study, film=film, name=film.name or "", actor=cast.technician)


def stored_files(settings: LazySettings) -> list[Path]:
    return [path for path in Path(settings.DATA_DIR).rglob("*") if path.is_file()]

"""The form of a new study as somebody fills it in, and files to send with it."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.films import phantom_png

NEW = "/studies/new/"
JSON = {"Accept": "application/json"}


def form(**changes: object) -> dict[str, object]:
    return {
        "entry": str(uuid.uuid4()),
        "number": "P-9",
        "first_name": "Ada",
        "last_name": "Nunes",
        "birth_date": "1970-02-03",
        "sex": "female",
        "taken_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "reason": "cough",
        "symptoms": "fever",
        "symptoms_onset": "",
        "pcr_result": "pending",
        "accession_number": "A1",
        "urgent": "on",
        "without_film": "on",
        **changes,
    }


def film(seed: int = 1, name: str = "film.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, phantom_png(seed), "image/png")


def not_a_film(name: str = "letter.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.7 no film", "image/png")

"""Whether a document would say today what it says: by a SHA-256 of what makes it another one.

That is the doctors' words, whose they are about, and which films; as values, not as they are printed, so that
a clinic which corrects its time zone does not make every paper of it out of date.
"""

import hashlib
import json
from datetime import UTC
from typing import Any, Final
from zoneinfo import available_timezones

from django.utils import timezone

from diagnosis.models import Study
from diagnosis.services.report import facts

BY_VALUE: Final = "2:"  # and 62 hexadecimal digits; without it, 64 of what was printed (before this was so)
LENGTH: Final = 64


def fingerprint(study: Study, made_from: facts.Signed) -> str:
    """What a document of the study as it stands is compared by."""
    return (BY_VALUE + _digest(made_from, _values(study)))[:LENGTH]


def is_same(says: str, study: Study, made_from: facts.Signed) -> bool:
    """Whether a document with this fingerprint still says what the study's doctors say."""
    if says.startswith(BY_VALUE):
        return says == fingerprint(study, made_from)
    return _as_printed(study, made_from, study.clinic.time_zone) == says or any(
        _as_printed(study, made_from, zone) == says for zone in sorted(available_timezones())
    )


def _as_printed(study: Study, made_from: facts.Signed, zone: str) -> str:
    """The fingerprint of a document from before, made while the clinic was in this time zone."""
    with timezone.override(zone or None):
        return _digest(made_from, facts.of_patient(study))


def _values(study: Study) -> dict[str, Any]:
    patient, onset = study.patient, study.symptoms_onset
    return {
        "names": [patient.first_name, patient.last_name],
        "number": patient.number,
        "born": [patient.birth_date or "", patient.birth_estimated],
        "sex": patient.sex,
        "taken": study.taken_at.astimezone(UTC).isoformat(timespec="minutes"),
        "pcr": study.pcr_result,
        "accession": study.accession_number,
        "symptoms": [study.symptoms, onset.isoformat() if onset else ""],
        "reason": study.reason,
    }


def _digest(made_from: facts.Signed, patient: Any) -> str:
    known: dict[str, Any] = {
        "reviews": [str(review.public_id) for review in made_from.reviews],
        "films": [str(scan.public_id) for _, scan in made_from.films],
        "patient": patient,
    }
    if undone := [str(scan.public_id) for _, scan in made_from.films if scan.correction_undone_at]:
        known["undone"] = undone  # left out where there are none
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()

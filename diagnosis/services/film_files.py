"""What the record tells of a film that has no header of its own, for files that leave the portal."""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from diagnosis import births
from diagnosis.imaging.dicom.confined import Room
from diagnosis.imaging.dicom.secondary_capture import FilmRecord
from diagnosis.models import Patient, Scan

DICOM: Final = "application/dicom"


def record_of(scan: Scan) -> FilmRecord:
    """The facts that a film without a header gets; times are those of its clinic."""
    study, patient = scan.study, scan.study.patient
    zone = ZoneInfo(scan.clinic.time_zone) if scan.clinic.time_zone else timezone.get_default_timezone()
    return FilmRecord(
        study_instance_uid=study.instance_uid,
        series_instance_uid=scan.series_instance_uid,
        sop_instance_uid=scan.sop_instance_uid,
        patient_number=patient.number,
        taken_at=study.taken_at.astimezone(zone),
        received_at=scan.received_at.astimezone(zone),
        last_name=patient.last_name,
        first_name=patient.first_name,
        birth_date=_birth_day(patient),
        sex=patient.sex,
        accession_number=study.accession_number,
        projection=scan.projection,
        is_phantom=scan.is_phantom,
    )


def _birth_day(patient: Patient) -> date | None:
    """The birth date, if all of it is known and no estimate: DICOM has no way to tell a part of one."""
    known = patient.birth_date or ""
    whole = len(known) == births.LONGEST and not patient.birth_estimated
    return date.fromisoformat(known) if whole else None


def room() -> Room:
    """What making a file of one film may take."""
    return Room(max_pixels=settings.MAX_FILM_PIXELS)

"""Who looked at what: reads of patient data are on record too."""

from django.db import transaction

from accounts import audit
from accounts.audit import Reader
from accounts.models import AuditEvent
from diagnosis.models import Patient, Scan, Study


def study_viewed(*, study: Study, reader: Reader) -> AuditEvent:
    """Audit `study.viewed`: somebody opened the study's page."""
    return _record(reader, "study.viewed", f"study:{study.public_id}", study.clinic_id, study.public_id)


def report_viewed(*, study: Study, reader: Reader) -> AuditEvent:
    """Audit `report.viewed`; the event's hash goes on the paper, so that the paper can be checked."""
    return _record(reader, "report.viewed", f"study:{study.public_id}", study.clinic_id, study.public_id)


def patient_viewed(*, patient: Patient, reader: Reader) -> AuditEvent:
    """Audit `patient.viewed`: somebody opened the page with all of a patient's studies."""
    return _record(reader, "patient.viewed", f"patient:{patient.public_id}", patient.clinic_id)


def original_downloaded(*, scan: Scan, reader: Reader) -> AuditEvent:
    """Audit `scan.downloaded`: the film left the portal as it came."""
    return _record(reader, "scan.downloaded", f"scan:{scan.public_id}", scan.clinic_id, scan.study.public_id)


def _record(reader: Reader, action: str, subject: str, clinic_id: int, study_id: object = "") -> AuditEvent:
    with transaction.atomic():
        return audit.record(actor=reader, action=action, subject=subject, clinic=clinic_id, study_id=study_id)

"""Django admin of the record, of the audit trail and of the registry."""

from diagnosis.admin.archives import ArchiveAdmin
from diagnosis.admin.audit_trail import AuditEventAdmin
from diagnosis.admin.dicom import DicomSenderAdmin, HeldFilmAdmin
from diagnosis.admin.film_checks import CheckEntryAdmin
from diagnosis.admin.limits import OperatingPointAdmin
from diagnosis.admin.phrases import PhraseAdmin
from diagnosis.admin.readings import FirstReadAdmin, PatientOutcomeAdmin, SecondReadingAdmin
from diagnosis.admin.record import PatientAdmin, PredictionAdmin, ReviewAdmin, ScanAdmin, StudyAdmin
from diagnosis.admin.registry import ModelVersionAdmin

__all__ = [
    "ArchiveAdmin",
    "AuditEventAdmin",
    "CheckEntryAdmin",
    "DicomSenderAdmin",
    "FirstReadAdmin",
    "HeldFilmAdmin",
    "ModelVersionAdmin",
    "OperatingPointAdmin",
    "PatientAdmin",
    "PatientOutcomeAdmin",
    "PhraseAdmin",
    "PredictionAdmin",
    "ReviewAdmin",
    "ScanAdmin",
    "SecondReadingAdmin",
    "StudyAdmin",
]

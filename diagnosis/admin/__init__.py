"""Django admin of the record and of the registry."""

from diagnosis.admin.record import PatientAdmin, PredictionAdmin, ReviewAdmin, ScanAdmin, StudyAdmin
from diagnosis.admin.registry import ModelVersionAdmin

__all__ = ["ModelVersionAdmin", "PatientAdmin", "PredictionAdmin", "ReviewAdmin", "ScanAdmin", "StudyAdmin"]

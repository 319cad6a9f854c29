"""The database models: patients, studies, scans, predictions, reviews and registered networks."""

from diagnosis.models.finding import Finding, Triage
from diagnosis.models.keyed import TWIN
from diagnosis.models.model_version import ModelVersion, OperatingPoint, Purpose
from diagnosis.models.patient import Patient, Sex
from diagnosis.models.patient_merge import PatientMerge
from diagnosis.models.prediction import Prediction
from diagnosis.models.queue_turn import QueueTurn
from diagnosis.models.review import Decision, Review
from diagnosis.models.scan import FINAL_STATUSES, Projection, Scan, ScanStatus
from diagnosis.models.study import Door, PcrResult, Study, StudyState
from diagnosis.models.submission import Submission

__all__ = [
    "FINAL_STATUSES",
    "TWIN",
    "Decision",
    "Door",
    "Finding",
    "ModelVersion",
    "OperatingPoint",
    "Patient",
    "PatientMerge",
    "PcrResult",
    "Prediction",
    "Projection",
    "Purpose",
    "QueueTurn",
    "Review",
    "Scan",
    "ScanStatus",
    "Sex",
    "Study",
    "StudyState",
    "Submission",
    "Triage",
]

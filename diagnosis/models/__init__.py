"""The database models: patients, studies, scans, predictions, reviews and registered networks."""

from diagnosis.models.model_version import ModelVersion, OperatingPoint, Purpose
from diagnosis.models.patient import Patient, Sex
from diagnosis.models.prediction import Prediction
from diagnosis.models.review import Decision, Review
from diagnosis.models.study import (
    FINAL_STATUSES,
    Door,
    Finding,
    PcrResult,
    Projection,
    Scan,
    ScanStatus,
    Study,
    StudyState,
    Triage,
)
from diagnosis.models.submission import Submission

__all__ = [
    "FINAL_STATUSES",
    "Decision",
    "Door",
    "Finding",
    "ModelVersion",
    "OperatingPoint",
    "Patient",
    "PcrResult",
    "Prediction",
    "Projection",
    "Purpose",
    "Review",
    "Scan",
    "ScanStatus",
    "Sex",
    "Study",
    "StudyState",
    "Submission",
    "Triage",
]

"""The data formats of the API; no decisions are made here."""

from diagnosis.api.serializers.correction import PatientCorrectionSerializer, StudyCorrectionSerializer
from diagnosis.api.serializers.patient import PatientSerializer
from diagnosis.api.serializers.prediction import PredictionSerializer
from diagnosis.api.serializers.problem import ProblemSerializer
from diagnosis.api.serializers.study import NOTICE, StudyListSerializer, StudySerializer
from diagnosis.api.serializers.submission import (
    HeldSubmissionSerializer,
    SubmissionFormSerializer,
    SubmissionSerializer,
    SubmittedSerializer,
)

__all__ = [
    "NOTICE",
    "HeldSubmissionSerializer",
    "PatientCorrectionSerializer",
    "PatientSerializer",
    "PredictionSerializer",
    "ProblemSerializer",
    "StudyCorrectionSerializer",
    "StudyListSerializer",
    "StudySerializer",
    "SubmissionFormSerializer",
    "SubmissionSerializer",
    "SubmittedSerializer",
]

"""The database models: patients, studies, scans, predictions, reviews and registered networks.

What a candidate says is not handed out here: see `diagnosis.models.shadow`, and who may import it.
"""

from diagnosis.models import shadow as shadow  # for Django, which has to know its tables
from diagnosis.models.batch import Batch, BatchFilm, BatchState
from diagnosis.models.check_entry import CheckEntry, CheckKind
from diagnosis.models.claim import Claim
from diagnosis.models.critical import CriticalResult, CriticalStep, CriticalWhy
from diagnosis.models.delivery import Delivery, DeliveryState
from diagnosis.models.dicom_node import Archive, ArchiveProtocol, DicomSender
from diagnosis.models.drift import (
    DriftAlert,
    DriftClosed,
    DriftPeriod,
    DriftStatistic,
    FilmStatistics,
    ReferenceWindow,
)
from diagnosis.models.export import Export, ExportState
from diagnosis.models.finding import Finding, Triage
from diagnosis.models.first_read import ZONES, FirstRead, ReadStage
from diagnosis.models.further import FurtherFinding, Side
from diagnosis.models.held_film import HeldFilm, HeldOutcome, HeldWhy
from diagnosis.models.keyed import TWIN
from diagnosis.models.model_version import MeasuredPoint, ModelVersion, Purpose
from diagnosis.models.notice import Notice, NoticeKind
from diagnosis.models.operating_point import OperatingPoint, Origin, Standing
from diagnosis.models.outcome import Confirms, OutcomeKind, PatientOutcome
from diagnosis.models.overdue_notice import OverdueNotice
from diagnosis.models.patient import Patient, Sex
from diagnosis.models.patient_merge import PatientMerge
from diagnosis.models.patient_word import PatientWord
from diagnosis.models.pending_signature import PendingSignature, SignatureState
from diagnosis.models.phrase import Phrase
from diagnosis.models.prediction import Prediction
from diagnosis.models.promotion import ModelPromotion
from diagnosis.models.queue_turn import QueueTurn
from diagnosis.models.reading_agreement import AgreementState, Covers, ReadingAgreement
from diagnosis.models.reading_rules import ReadingRules
from diagnosis.models.referral import Inquiry, Referral, ReferralState
from diagnosis.models.report import Report, ReportKind, ReportState
from diagnosis.models.review import Decision, Review
from diagnosis.models.scan import FINAL_STATUSES, Projection, Scan, ScanStatus
from diagnosis.models.score_meaning import ScoreMeaning
from diagnosis.models.second_reading import AskedWhy, SecondReading, SecondState
from diagnosis.models.study import Door, PcrResult, Study, StudyState
from diagnosis.models.submission import Submission
from diagnosis.models.uid import new_uid
from diagnosis.models.upload import Upload
from diagnosis.models.webhook import Webhook, WebhookDelivery, WebhookKind, WebhookState

__all__ = [
    "FINAL_STATUSES",
    "TWIN",
    "ZONES",
    "AgreementState",
    "Archive",
    "ArchiveProtocol",
    "AskedWhy",
    "Batch",
    "BatchFilm",
    "BatchState",
    "CheckEntry",
    "CheckKind",
    "Claim",
    "Confirms",
    "Covers",
    "CriticalResult",
    "CriticalStep",
    "CriticalWhy",
    "Decision",
    "Delivery",
    "DeliveryState",
    "DicomSender",
    "Door",
    "DriftAlert",
    "DriftClosed",
    "DriftPeriod",
    "DriftStatistic",
    "Export",
    "ExportState",
    "FilmStatistics",
    "Finding",
    "FirstRead",
    "FurtherFinding",
    "HeldFilm",
    "HeldOutcome",
    "HeldWhy",
    "Inquiry",
    "MeasuredPoint",
    "ModelPromotion",
    "ModelVersion",
    "Notice",
    "NoticeKind",
    "OperatingPoint",
    "Origin",
    "OutcomeKind",
    "OverdueNotice",
    "Patient",
    "PatientMerge",
    "PatientOutcome",
    "PatientWord",
    "PcrResult",
    "PendingSignature",
    "Phrase",
    "Prediction",
    "Projection",
    "Purpose",
    "QueueTurn",
    "ReadStage",
    "ReadingAgreement",
    "ReadingRules",
    "ReferenceWindow",
    "Referral",
    "ReferralState",
    "Report",
    "ReportKind",
    "ReportState",
    "Review",
    "Scan",
    "ScanStatus",
    "ScoreMeaning",
    "SecondReading",
    "SecondState",
    "Sex",
    "Side",
    "SignatureState",
    "Standing",
    "Study",
    "StudyState",
    "Submission",
    "Triage",
    "Upload",
    "Webhook",
    "WebhookDelivery",
    "WebhookKind",
    "WebhookState",
    "new_uid",
]

"""A candidate beside the active network of the tests, and what it said of films."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from diagnosis.models import ModelVersion, Scan
from diagnosis.models.shadow import BlindRead, Outcome, ShadowPrediction
from diagnosis.services import comparison
from diagnosis.services.comparison import Said
from tests.films import model_version


def named_candidate(version: str = "9.0.0") -> ModelVersion:
    """A candidate without its bundle, named an hour ago: enough for pages and figures."""
    found = model_version(version, active=None)
    since = timezone.now() - timedelta(hours=1)
    ModelVersion.objects.filter(pk=found.pk).update(candidate=True, candidate_since=since)
    found.refresh_from_db()
    return found


def shadowed(
    scan: Scan,
    candidate: ModelVersion,
    *,
    p_abnormal: float = 0.1,
    triage: str = "normal",
    outcome: str = Outcome.ANSWERED,
    to_read: bool = True,
    drawn: bool = False,
    **more: Any,
) -> ShadowPrediction:
    """What the candidate would have stored about a film that the active network has dealt with."""
    Scan.objects.filter(pk=scan.pk).update(is_phantom=drawn)  # drawn ones count in no comparison
    prediction = scan.predictions.first()
    active = prediction.model_version if prediction else ModelVersion.objects.get(active=True)
    said = prediction and Said(prediction.triage, prediction.p_abnormal)
    answered = outcome == Outcome.ANSWERED
    return ShadowPrediction.objects.create(
        scan=scan,
        model_version=candidate,
        beside=active,
        prediction=prediction,
        outcome=outcome,
        triage=triage if answered else "",
        p_normal=1 - p_abnormal if answered else None,
        differs=bool(said and answered and comparison.differs(said, Said(triage, p_abnormal))),
        to_read=to_read,
        bundle_checksum=candidate.checksum,
        original_sha256=scan.sha256,
        timings_ms={"preprocess": 2.0, "network": 9.0},
        **more,
    )


def read_blind(shadow: ShadowPrediction, doctor: User, word: str) -> BlindRead:
    return BlindRead.objects.create(shadow=shadow, doctor=doctor, word=word)

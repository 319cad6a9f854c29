"""A doctor signs the latest result of a film."""

from typing import Any

from diagnosis.models import Decision, Review, Scan
from diagnosis.services import review


def sign(scan: Scan, doctor: object, decision: str = Decision.AGREE, **words: Any) -> Review:
    prediction = scan.predictions.order_by("-id").first()
    return review.sign_off(scan=scan, prediction=prediction, doctor=doctor, decision=decision, **words)

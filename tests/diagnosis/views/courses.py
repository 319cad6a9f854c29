"""A patient's studies, days apart, and how a doctor signs what was graded and drawn."""

from datetime import timedelta

from django.utils import timezone

from diagnosis.models import Decision, Scan, Study
from diagnosis.services import review
from diagnosis.services.review import Structured
from tests.conftest import Cast
from tests.films import predict, queued_scan

GRADES = {"A": 0, "B": 1, "C": 3, "D": 0, "E": 2, "F": 3}


def taken(cast: Cast, days_ago: int, probability: float, *, withheld: bool = False) -> Scan:
    """A study of the one patient with an analysed film."""
    scan = queued_scan(cast.clinic_a, cast.technician, seed=days_ago)
    predict(scan, p_covid19=0.0, p_pneumonia=probability, **({"limits": None} if withheld else {}))
    at = timezone.now() - timedelta(days=days_ago)
    Study.objects.filter(pk=scan.study_id).update(taken_at=at)
    return Scan.objects.select_related("study__patient").get(pk=scan.pk)


def signed(scan: Scan, cast: Cast, **structured: object) -> None:
    review.sign_off(
        scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision=Decision.CHANGE,
        finding="covid19", structured=Structured(**structured),  # type: ignore[arg-type]
    )  # fmt: skip

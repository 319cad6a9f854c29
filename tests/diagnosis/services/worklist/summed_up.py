"""A study after its films were summed up for the worklist."""

from accounts.models import User
from diagnosis.models import Decision, Scan, ScanStatus, Study
from diagnosis.services import review, worklist

UNDONE = [ScanStatus.QUEUED, ScanStatus.ANALYSING, ScanStatus.FAILED, ScanStatus.REFUSED]
NORMAL = {"p_covid19": 0.05, "p_pneumonia": 0.05}


def summed_up(scan: Scan, status: str | None = None) -> Study:
    """The scan's study after a refresh, the scan put into a state before."""
    if status:
        Scan.objects.filter(pk=scan.pk).update(status=status)
    study = Study.objects.get(pk=scan.study_id)
    worklist.refresh(study)
    return study


def signed(scan: Scan, doctor: User) -> None:
    review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=doctor, decision=Decision.AGREE)

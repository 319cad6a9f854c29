"""Signs a doctor's review of the network's result for one film.

A review is never changed. A doctor who changes their mind signs another one; all of them stay on record.
"""

from django.db import transaction

from accounts.audit import Stored
from accounts.models import User
from accounts.permissions import may_review
from diagnosis.models import Decision, Finding, Prediction, Review, Scan, ScanStatus
from diagnosis.services import history, results, worklist


class ReviewRefused(Exception):
    """The review was not signed; `field` is the form field to correct, or ""."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.message, self.field = message, field
        super().__init__(message)


class ResultChanged(ReviewRefused):
    """The result that the doctor has seen is no longer the current one, or soon will not be."""


class AlreadySigned(ReviewRefused):
    """This doctor's last review of the prediction is identical: the form was sent twice."""

    def __init__(self, review: Review) -> None:
        self.review = review
        super().__init__("You have already signed this review. It was stored once.")


def sign_off(
    *,
    scan: Scan,
    prediction: Prediction,
    doctor: User,
    decision: str,
    finding: str = "",
    reason: str = "",
    note: str = "",
) -> Review:
    """Sign and return a review of the prediction that the doctor has seen; audit `review.signed`.

    Agreeing takes the network's finding; changing names another one; rejecting needs a reason and names no
    finding. Raises ReviewRefused with the reason in words, and AlreadySigned for the same review sent twice.
    """
    if not may_review(doctor) or doctor.clinic_id != scan.clinic_id:
        raise ReviewRefused("Only a doctor of this clinic may sign reviews of its films.")
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        _check_still_current(scan, prediction)  # first: any other error would be about an old result
        finding = _finding(decision, finding, prediction)
        reason, note = (reason.strip() if decision == Decision.REJECT else ""), note.strip()
        if decision == Decision.REJECT and not reason:
            raise ReviewRefused("Say why the prediction is rejected.", field="reason")
        last = Review.objects.filter(scan=scan, doctor=doctor).order_by("-id").first()
        said = (prediction.pk, decision, finding, reason, note)
        if last and said == (last.prediction_id, last.decision, last.finding, last.reason, last.note):
            raise AlreadySigned(last)
        review = Review.objects.create(
            scan=scan,
            prediction=prediction,
            doctor=doctor,
            decision=decision,
            finding=finding,
            reason=reason,
            note=note,
        )
        worklist.refresh(study)
        history.write(scan, "review.signed", _facts(review), actor=doctor, rows=[Stored(review)])
    return review


def _facts(review: Review) -> dict[str, str]:
    return {
        "review": str(review.public_id),
        "prediction": str(review.prediction.public_id),
        "decision": str(review.decision),
        "finding": str(review.finding),
    }


def _finding(decision: str, finding: str, prediction: Prediction) -> str:
    if decision == Decision.AGREE:
        return prediction.finding
    if decision == Decision.REJECT:
        return ""
    if decision != Decision.CHANGE:
        raise ReviewRefused("Choose whether you agree, change the finding or reject it.", field="decision")
    if finding not in Finding.values:
        raise ReviewRefused("Choose the finding that you see.", field="finding")
    if finding == prediction.finding:
        raise ReviewRefused("This is the network's finding: choose “agree” instead.", field="finding")
    return finding


def _check_still_current(scan: Scan, prediction: Prediction) -> None:
    """Raise ResultChanged or ReviewRefused if the film has moved on since the doctor opened the page.

    The study's row is locked, so no analysis can end between this check and the signature.
    """
    film = Scan.objects.prefetch_related(results.with_predictions()).get(pk=scan.pk)
    if film.study_id != scan.study_id:
        raise ReviewRefused("This film has just been moved to another patient. Check whose it is, then sign.")
    if film.status != ScanStatus.ANALYSED:
        raise ResultChanged("This film is being analysed again. Wait for the new result, then review that.")
    current = results.current(film)
    if current is None or current.pk < prediction.pk:
        raise ResultChanged(
            "The network whose result you read has been withdrawn since you opened this page. "
            "Read the result below, then sign your review."
        )
    if current.pk != prediction.pk:
        raise ResultChanged(
            "A newer result has arrived since you opened this page. Read it below, then sign your review."
        )

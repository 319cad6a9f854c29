"""Signs a doctor's word about one film: on the network's result, or without one.

A review is never changed. A doctor who changes their mind signs another one; all of them stay on record.
"""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import User
from accounts.permissions import may_review
from diagnosis.models import Decision, Finding, Prediction, Review, Scan, ScanStatus
from diagnosis.services import blindness, history, lifecycle, results, second_reads, worklist
from diagnosis.services.history import Entry


class ReviewRefused(Exception):
    """The review was not signed; `field` is the form field to correct, or ""."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.message, self.field = message, field
        super().__init__(message)


class ResultChanged(ReviewRefused):
    """The result that the doctor has seen is not the film's current one: the decision has to be made anew."""


class AlreadySigned(ReviewRefused):
    """This doctor's last review of the prediction is identical: the form was sent twice."""

    def __init__(self, review: Review) -> None:
        self.review = review
        super().__init__("You have already signed this review. It was stored once.")


@dataclass(frozen=True)
class Shown:
    """What the page showed around the result: the study and the newest review."""

    study: uuid.UUID | None
    review: uuid.UUID | None


def sign_off(
    *,
    scan: Scan,
    prediction: Prediction | None,
    doctor: User,
    decision: str,
    finding: str = "",
    reason: str = "",
    note: str = "",
    shown: Shown | None = None,
    count_again: bool = False,
) -> Review:
    """Sign and return a review of what the doctor has seen; audit `review.signed`.

    Agreeing takes the network's finding; changing names another one; rejecting needs a reason and names no
    finding; reading names a finding where the network has told none: without a result (prediction None), or
    where no limits count, so that signatures on which limits are fitted lean on no suggestion. `shown`: what
    was on the doctor's page; what a colleague did since is told before anything is signed. `count_again`: a
    film that was dismissed counts again with the signature (`scan.taken_back`); otherwise it is refused.
    Raises ReviewRefused with the reason in words, and AlreadySigned for the same review sent twice.
    """
    if not may_review(doctor) or doctor.clinic_id != scan.clinic_id:
        raise ReviewRefused("Only a doctor of this clinic may sign reviews of its films.")
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        if blindness.is_unheard(doctor, study):
            raise ReviewRefused("Give your first word about this study before you sign. Nothing was signed.")
        _check_it_counts(scan, count_again=count_again)
        # before errors that would be about an old result
        prediction = _still_current(scan, prediction, decision)
        finding = _finding(decision, finding, prediction)
        reason, note = (reason.strip() if decision == Decision.REJECT else ""), note.strip()
        if decision == Decision.REJECT and not reason:
            raise ReviewRefused("Say why the prediction is rejected.", field="reason")
        last = Review.objects.filter(scan=scan, doctor=doctor).order_by("-id").first()
        said = (prediction.pk if prediction else None, decision, finding, reason, note)
        if last and said == (last.prediction_id, last.decision, last.finding, last.reason, last.note):
            raise AlreadySigned(last)
        if shown is not None:
            _check_nobody_was_faster(scan, shown)
        review = Review.objects.create(
            scan=scan,
            prediction=prediction,
            doctor=doctor,
            signed_name=str(doctor),
            signed_licence=doctor.licence_number,
            decision=decision,
            finding=finding,
            reason=reason,
            note=note,
        )
        if count_again:
            lifecycle.take_back(scan=scan, actor=doctor)
        worklist.refresh(study)
        entry = Entry(scan, "review.signed", _facts(review), rows=[Stored(review)])
        history.write_all([entry, *second_reads.signed(study=study, doctor=doctor)], actor=doctor)
    return review


def _facts(review: Review) -> dict[str, str]:
    return {
        "review": str(review.public_id),
        "prediction": str(review.prediction.public_id) if review.prediction else "",
        "decision": str(review.decision),
        "finding": str(review.finding),
        # a signature whose name was changed in the database can be told by these
        "name": review.signed_name,
        "licence": review.signed_licence,
    }


def _finding(decision: str, finding: str, prediction: Prediction | None) -> str:
    """The finding that is signed. `_still_current` saw to it that the decision suits the result."""
    if decision == Decision.REJECT:
        return ""
    told = prediction.shown_finding if prediction else None
    if told and decision == Decision.AGREE:
        return told.value
    if decision != (Decision.CHANGE if told else Decision.READ):
        ways = "agree, change the finding or reject it" if told else "name the finding or reject the result"
        raise ReviewRefused(f"Choose whether you {ways}.", field="decision")
    if finding not in Finding.values:
        raise ReviewRefused("Choose the finding that you see.", field="finding")
    if told and finding == told:
        raise ReviewRefused("This is the network's finding: choose “agree” instead.", field="finding")
    return finding


def _check_it_counts(scan: Scan, *, count_again: bool) -> None:
    """Raise ReviewRefused for a film that was set aside, or whose study was cancelled."""
    film = Scan.objects.select_related("set_aside_by", "study__cancelled_by").get(pk=scan.pk)
    if film.study.cancelled_at is not None:
        at, who = timezone.localtime(film.study.cancelled_at), film.study.cancelled_by or "The portal"
        raise ReviewRefused(
            f"{who} cancelled this study on {at.day} {at:%b %Y at %H:%M}. If it needs your reading all the "
            "same, reopen it first."
        )
    if film.set_aside_at is not None and not count_again:
        at = timezone.localtime(film.set_aside_at)
        raise ReviewRefused(
            f"{film.set_aside_by} dismissed this film on {at.day} {at:%b %Y at %H:%M}: it does not count. "
            "What you typed is kept. If the film needs your reading all the same, tick “Count this film "
            "again” and sign."
        )


def _still_current(scan: Scan, prediction: Prediction | None, decision: str) -> Prediction | None:
    """The result as it stands now; raise ResultChanged or ReviewRefused if the film has moved on meanwhile.

    The study's row is locked, so no analysis can end between this check and the signature.
    """
    if prediction is not None and prediction.scan_id != scan.pk:
        raise ResultChanged("This form is about another film. Read this film’s result below, then sign.")
    film = Scan.objects.prefetch_related(results.with_predictions()).get(pk=scan.pk)
    if film.study_id != scan.study_id:
        raise ReviewRefused("This film has just been moved to another patient. Check whose it is, then sign.")
    current = results.current(film)
    if prediction is None:
        _check_read_without_result(current, decision)
    elif current is None:
        raise ResultChanged(_why_no_result(film))
    elif current.pk < prediction.pk:
        raise ResultChanged(
            "The network whose result you read has been withdrawn since you opened this page. "
            "Read the result below, then sign your review."
        )
    elif current.pk != prediction.pk:
        raise ResultChanged(
            "A newer result has arrived since you opened this page. Read it below, then sign your review."
        )
    elif current.withheld and decision in (Decision.AGREE, Decision.CHANGE):
        raise ResultChanged(
            "No limits count for this result, so the network names no finding to agree with or to change. "
            "Choose the finding that you see, then sign."
        )
    return current


def _check_read_without_result(current: Prediction | None, decision: str) -> None:
    if decision == Decision.READ:
        if current is not None:
            raise ResultChanged(
                "The network’s result has arrived since you opened this page. "
                "Read it below, then sign your review."
            )
    elif current is not None:
        raise ResultChanged(
            "The form did not say which result you read. Read the result below, then sign your review."
        )
    elif decision in Decision.values:
        raise ResultChanged(
            "The network has no result for this film. Choose the finding that you see, then sign."
        )


def _why_no_result(film: Scan) -> str:
    if film.status in (ScanStatus.QUEUED, ScanStatus.ANALYSING):
        why = "This film is being analysed again. Wait for the new result and review that, or"
    else:
        why = "The network could not read this film again, and its earlier result does not count any more:"
    return f"{why} sign what you see yourself, below."


def _check_nobody_was_faster(scan: Scan, shown: Shown) -> None:
    film = Scan.objects.select_related("study").get(pk=scan.pk)
    if shown.study not in (None, film.study.public_id):
        raise ReviewRefused(
            "This film was moved to another patient after you opened it. Check whose it is, then sign."
        )
    newest = Review.objects.filter(scan=scan).select_related("doctor").order_by("-id").first()
    if newest is not None and newest.public_id != shown.review:
        said = newest.get_finding_display() or "a rejection of the prediction"
        raise ReviewRefused(
            f"{newest.signed_by} signed {said} at {timezone.localtime(newest.signed_at):%H:%M}, after you "
            "opened this page. Read it; sign again to add your word and replace that one."
        )

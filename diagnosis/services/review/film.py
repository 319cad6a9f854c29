"""Signs a doctor's word about one film: on the network's result, or without one."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import User
from accounts.permissions import may_review
from diagnosis.imaging import marks
from diagnosis.models import Decision, Prediction, Review, Scan, Study, StudyState, WebhookKind
from diagnosis.services import critical, history, lifecycle, messenger, second_reads, webhooks, worklist
from diagnosis.services.history import Entry
from diagnosis.services.review import checks
from diagnosis.services.review.words import (
    AlreadySigned,
    ReviewRefused,
    Shown,
    Structured,
    check_structured,
)


@dataclass(frozen=True)
class Signature:
    """Who signs, and when it was pressed. `act`: shared by the films of one act; `final_at`: where it waited.

    Name and licence are those of the press: a signature keeps the ones of its day.
    """

    doctor: User
    name: str
    licence: str
    signed_at: datetime
    final_at: datetime | None = None
    act: uuid.UUID | None = None


def by(doctor: User) -> Signature:
    """The doctor's signature, pressed now."""
    return Signature(doctor, str(doctor), doctor.licence_number, timezone.now())


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
    structured: Structured | None = None,
) -> Review:
    """Sign and return a review of what the doctor has seen; audit `review.signed`.

    Agreeing takes the network's finding; changing names another one; rejecting needs a reason and names no
    finding; reading names a finding where the network has told none: without a result (prediction None), or
    where no limits count, so that signatures on which limits are fitted lean on no suggestion. `shown`: what
    was on the doctor's page; what a colleague did since is told before anything is signed. `count_again`: a
    film that was dismissed counts again with the signature (`scan.taken_back`); otherwise it is refused.
    Raises ReviewRefused with the reason in words, and AlreadySigned for the same review sent twice.
    """
    check_may_sign(doctor, scan.clinic_id)
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        review, entry = place_review(
            scan=scan, prediction=prediction, signature=by(doctor), decision=decision, finding=finding,
            reason=reason, note=note, shown=shown, count_again=count_again,
            structured=structured or Structured(),
        )  # fmt: skip
        if count_again:
            lifecycle.take_back(scan=scan, actor=doctor)
        worklist.refresh(study)
        have_reported(study)
        entries = [entry, *second_reads.signed(study=study, doctor=doctor)]
        history.write_all([*entries, *critical.signed(study=study, doctor=doctor)], actor=doctor)
    return review


def have_reported(study: Study) -> None:
    """Tell the clinic's webhooks and, once the signature stands, a worker that the study's report may be due.

    Beat tells the worker, too.
    """
    if study.state == StudyState.REVIEWED:
        messenger.send_on_commit(messenger.REPORTS)
        webhooks.queue(WebhookKind.READING_SIGNED, study=study, about=_last_word(study))


def _last_word(study: Study) -> str:
    last = (
        Review.objects.filter(scan__study=study).order_by("-id").values_list("public_id", flat=True).first()
    )
    return str(last or "")


def check_may_sign(doctor: User, clinic_id: int) -> None:
    if not may_review(doctor) or doctor.clinic_id != clinic_id:
        raise ReviewRefused("Only a doctor of this clinic may sign reviews of its films.")


def place_review(
    *,
    scan: Scan,
    prediction: Prediction | None,
    signature: Signature,
    decision: str,
    finding: str,
    reason: str,
    note: str,
    shown: Shown | None,
    structured: Structured,
    count_again: bool = False,
) -> tuple[Review, Entry]:
    """`sign_off` in the caller's transaction, which holds the study's row and writes the returned entry."""
    checks.check_own_word_first(scan, signature.doctor)
    checks.check_it_counts(scan, count_again=count_again)
    # before errors that would be about an old result
    prediction = checks.still_current(scan, prediction, decision)
    finding = checks.finding_signed(decision, finding, prediction)
    reason, note = (reason.strip() if decision == Decision.REJECT else ""), note.strip()
    if decision == Decision.REJECT and not reason:
        raise ReviewRefused("Say why the prediction is rejected.", field="reason")
    check_structured(structured, finding)
    said = {
        "prediction_id": prediction.pk if prediction else None, "decision": decision, "finding": finding,
        "reason": reason, "note": note, "further": structured.further, "zones": structured.zones,
        "annotations": marks.upon(structured.annotations, scan.shown_corrections),
    }  # fmt: skip
    last = Review.objects.filter(scan=scan, doctor=signature.doctor).order_by("-id").first()
    if last and said == {name: getattr(last, name) for name in said}:
        raise AlreadySigned(last)
    if shown is not None:
        checks.check_nobody_was_faster(scan, shown)
    review = Review.objects.create(
        scan=scan,
        doctor=signature.doctor,
        signed_name=signature.name,
        signed_licence=signature.licence,
        signed_at=signature.signed_at,
        final_at=signature.final_at,
        signature=signature.act,
        **said,
    )
    return review, Entry(scan, "review.signed", _facts(review), rows=[Stored(review)])


def _facts(review: Review) -> dict[str, str]:
    facts = {
        "review": str(review.public_id),
        "prediction": str(review.prediction.public_id) if review.prediction else "",
        "decision": str(review.decision),
        "finding": str(review.finding),
        # a signature whose name was changed in the database can be told by these
        "name": review.signed_name,
        "licence": review.signed_licence,
    }
    return facts | ({"signature": str(review.signature)} if review.signature else {})

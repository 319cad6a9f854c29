"""Signs a doctor's word about one film: on the network's result, or without one."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import User
from diagnosis.imaging import marks
from diagnosis.models import (
    Decision,
    Finding,
    NoticeKind,
    Prediction,
    Review,
    Scan,
    Study,
    StudyState,
    WebhookKind,
)
from diagnosis.services import (
    blindness,
    critical,
    history,
    lifecycle,
    messenger,
    notice,
    referrals,
    referred,
    second_reads,
    webhooks,
    worklist,
)
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
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        check_may_sign(doctor, study)  # whoever takes the study back holds this lock
        review, entry = place_review(
            scan=scan, prediction=prediction, signature=by(doctor), decision=decision, finding=finding,
            reason=reason, note=note, shown=shown, count_again=count_again,
            structured=structured or Structured(),
        )  # fmt: skip
        if count_again:
            lifecycle.take_back(scan=scan, actor=doctor)
        worklist.refresh(study)
        have_reported(study)
        follows = what_follows(study, doctor, act=review.public_id)
        history.write_all([entry, *follows], actor=doctor)
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


def check_may_sign(doctor: User, study: Study) -> None:
    if not referred.may_read(doctor, study):
        raise ReviewRefused(
            "Only a doctor of this clinic, or of one that was asked to read the study, may sign its films."
        )


def what_follows(study: Study, doctor: User, *, act: uuid.UUID, ticked: bool = False) -> list[Entry]:
    """What a signature means for others; call it in its transaction, the study summed up.

    `ticked`: the doctor says that it is critical.
    """
    entries = second_reads.signed(study=study, doctor=doctor)
    entries += referrals.signed(study=study, doctor=doctor)
    alarms = critical.signed(study=study, doctor=doctor, ticked=ticked)
    _tell_senders(study, doctor, act, alarmed=bool(alarms))
    return entries + alarms


def _tell_senders(study: Study, doctor: User, act: uuid.UUID, *, alarmed: bool) -> None:
    """Tell whoever sent the study that all of it is signed, or signed anew; after `second_reads.signed`.

    `alarmed`: people were just told that it is critical, and hear no second time that it is signed.

    To somebody who is to be the second reader, it does not say that the first one found something.
    """
    if study.state != StudyState.REVIEWED:
        return
    kind, replaced = NoticeKind.READING_SIGNED, _replaces(study, act)
    for sender in referrals.senders_of(study, elsewhere=doctor.clinic_id != study.clinic_id):
        told = alarmed and notice.was_told(NoticeKind.CRITICAL_WAITING, study=study, person=sender)
        if sender.pk == doctor.pk or told:
            continue
        abnormal = study.doctor_finding not in ("", Finding.NORMAL)
        marks = {
            notice.URGENT: study.urgent,
            notice.ABNORMAL: abnormal and not blindness.is_unheard(sender, study),
            notice.ANEW: replaced or notice.was_told(kind, study=study, person=sender),
        }
        detail = " ".join(mark for mark, shown in marks.items() if shown)
        notice.tell(kind, study=study, to=[sender], about=str(act), detail=detail)


def _replaces(study: Study, act: uuid.UUID) -> bool:
    """Whether a film was signed before this act; a notice about that may be deleted by now."""
    said = Review.objects.filter(Q(signature=act) | Q(public_id=act), scan__study=study)
    return said.filter(Exists(Review.objects.filter(scan=OuterRef("scan"), pk__lt=OuterRef("pk")))).exists()


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

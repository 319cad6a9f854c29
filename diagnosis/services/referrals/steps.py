"""The steps that people take: asked for, accepted, declined, passed on, taken back, read and returned."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import Clinic, Role, User
from accounts.models.membership import people_of
from accounts.permissions import may_review, may_submit
from diagnosis import spelling
from diagnosis.models import ReadingAgreement, Referral, ReferralState, Study, StudyState
from diagnosis.models.reading_agreement import in_force
from diagnosis.services import history, worklist
from diagnosis.services.history import Entry
from diagnosis.services.referrals import rows
from diagnosis.services.referrals.rows import CLOSED, NotReferred


def of(study: Study) -> list[Referral]:
    """The study's referrals, the newest first."""
    found = Referral.objects.filter(study=study)
    return list(
        found.select_related(
            "study", "clinic", "reading_clinic", "agreement", "asked_by", "accepted_by", "closed_by"
        )
    )


def open_referral(study: Study) -> Referral | None:
    return Referral.objects.filter(study=study, is_open=True).select_related("reading_clinic").first()


def agreements_of(clinic: Clinic) -> QuerySet[ReadingAgreement]:
    """Who reads for the clinic today."""
    found = ReadingAgreement.objects.filter(in_force(), clinic=clinic)
    return found.select_related("reading_clinic").order_by("reading_clinic__name")


def ask(*, study: Study, by: User, agreement: ReadingAgreement, question: str = "") -> Referral:
    """Ask the reading clinic of an agreement to read the study; audit `referral.requested`.

    Raises NotReferred.
    """
    if not may_submit(by) or by.clinic_id != study.clinic_id:
        raise NotReferred("Only people of the clinic that took the films may ask another to read them.")
    with transaction.atomic():
        row = worklist.lock(study.pk)
        _check_counts(agreement, row.clinic_id)
        _check_free(row)
        referral, entry = rows.asked(row, agreement, by=by, question=question)
        history.write_all([entry], actor=by)
    return referral


def accept(*, referral: Referral, by: User) -> bool:
    """The reading clinic takes it on; audit `referral.accepted`. False if it had. Raises NotReferred."""
    with transaction.atomic():
        row = _open_row(referral, by)
        if row.state == ReferralState.ACCEPTED:
            return False
        fields = rows.take(row, by)
        rows.tell_senders(row, "accepted")
        history.write(row.study, "referral.accepted", actor=by, rows=[Stored(row, fields)])
    return True


def decline(*, referral: Referral, by: User, reason: str) -> None:
    """The reading clinic does not read it, and says why; audit `referral.declined`. Raises NotReferred."""
    with transaction.atomic():
        row = _open_row(referral, by)
        rows.close(row, ReferralState.DECLINED, by=by, reason=_reason(reason))
        rows.tell_senders(row, "declined")
        history.write(row.study, "referral.declined", actor=by, rows=[Stored(row, CLOSED)])


def pass_on(*, referral: Referral, by: User, agreement: ReadingAgreement, reason: str) -> Referral:
    """Have another clinic read it, one that reads for the sender, too; audit `referral.passed_on`.

    Only the sender says who may see its films: a clinic with which it has no agreement cannot be chosen.
    Raises NotReferred.
    """
    with transaction.atomic():
        row = _open_row(referral, by)
        _check_counts(agreement, row.clinic_id)
        if agreement.reading_clinic_id == row.reading_clinic_id:
            raise NotReferred("This is your own clinic. Choose another one, or decline.")
        rows.close(row, ReferralState.PASSED_ON, by=by, reason=_reason(reason))
        rows.tell_senders(row, "passed_on")
        onward, entry = rows.asked(row.study, agreement, by=by, question=row.question, passed_from=row)
        facts = {"to": agreement.reading_clinic.name}
        passed = Entry(row.study, "referral.passed_on", facts, rows=[Stored(row, CLOSED)])
        history.write_all([passed, entry], actor=by)
    return onward


def withdraw(*, referral: Referral, by: User, reason: str = "") -> bool:
    """The sender takes it back; audit `referral.withdrawn`. False if it is over already."""
    with transaction.atomic():
        locked = worklist.lock(referral.study_id)
        row = Referral.objects.get(pk=referral.pk)
        if not row.is_open or not may_submit(by) or by.clinic_id != locked.clinic_id:
            return False
        rows.close(row, ReferralState.WITHDRAWN, by=by, reason=spelling.tidy(reason)[:500])
        if row.accepted_by:
            rows.tell(row, "withdrawn", [row.accepted_by])
        history.write(locked, "referral.withdrawn", actor=by, rows=[Stored(row, CLOSED)])
    return True


def signed(*, study: Study, doctor: User) -> list[Entry]:
    """What a signature means for the referral; call it in its transaction, the study summed up.

    The reading clinic's last signature returns the study; somebody else's makes it needless.
    """
    row = Referral.objects.filter(study=study, is_open=True).first()
    if row is None or study.state != StudyState.REVIEWED:
        return []
    if doctor.clinic_id != row.reading_clinic_id:
        own = doctor.clinic_id == study.clinic_id
        # without the name: whom else a clinic asks is not told to those who read for it
        why = "Read in the clinic itself." if own else "Read by another clinic."
        rows.close(row, ReferralState.WITHDRAWN, by=None, reason=why)
        if row.accepted_by:
            rows.tell(row, "withdrawn", [row.accepted_by])
        return [Entry(study, "referral.withdrawn", rows=[Stored(row, CLOSED)])]
    fields = rows.take(row, doctor) if row.accepted_at is None else []
    row.read_at = row.returned_at = timezone.now()
    rows.close(row, ReferralState.RETURNED, "read_at", "returned_at", by=doctor)
    stored = Stored(row, sorted({*fields, *CLOSED, "read_at", "returned_at"}))
    return [Entry(study, "referral.returned", rows=[stored])]


def _open_row(referral: Referral, by: User) -> Referral:
    """The referral, its study locked. Raises NotReferred unless `by` may decide about it."""
    worklist.lock(referral.study_id)
    row = Referral.objects.select_related("agreement", "study").get(pk=referral.pk)
    if not may_review(by) or by.clinic_id != row.reading_clinic_id or not row.agreement.in_force:
        raise NotReferred("Only doctors of the clinic that was asked to read decide about it.")
    if not row.is_open:
        raise NotReferred(f"This is over already: {row.get_state_display().lower()}. Nothing was changed.")
    return row


def _check_counts(agreement: ReadingAgreement, clinic_id: int) -> None:
    if agreement.clinic_id != clinic_id or not agreement.in_force:
        raise NotReferred("That agreement does not count any more. Choose another clinic.")
    if not people_of(agreement.reading_clinic_id, Role.DOCTOR).exists():
        raise NotReferred(f"{agreement.reading_clinic} has no doctor now. Choose another clinic.")


def _check_free(study: Study) -> None:
    if study.cancelled_at is not None:
        raise NotReferred("The study is cancelled. Reopen it before you ask somebody to read it.")
    if not study.films_counted:
        raise NotReferred("The study has no film that counts yet. Add one, then ask.")
    if (other := open_referral(study)) is not None:
        raise NotReferred(f"{other.reading_clinic} was asked to read it already.")


def _reason(reason: str) -> str:
    reason = rows.words_of(reason)
    if not reason:
        raise NotReferred("Say why: the clinic that sent the study reads it.")
    return reason

"""What happens by itself: agreements give studies away, and what is over is closed. Beat calls it."""

import logging
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.audit import SYSTEM, Stored
from accounts.models import Role
from accounts.models.membership import people_of
from diagnosis.models import Covers, ReadingAgreement, Referral, ReferralState, Study, StudyState
from diagnosis.models.reading_agreement import in_force
from diagnosis.services import history, notice, worklist
from diagnosis.services.referrals import rows
from diagnosis.services.referrals.rows import CLOSED

logger = logging.getLogger(__name__)

WAITS: Final = (StudyState.WAITING, StudyState.TO_REVIEW, StudyState.PROBLEM)
OVER: Final = (StudyState.CANCELLED, StudyState.DISMISSED)
AT_ONCE: Final = 200


def refer_covered() -> int:
    """Refer what agreements cover without being asked, and close what is over; how many were referred.

    Harmless at any time and from several at once.
    """
    close_over()
    agreements = ReadingAgreement.objects.filter(in_force()).exclude(covers=Covers.ASKED)
    with notice.together():
        return sum(_refer_all(each) for each in agreements.select_related("reading_clinic").order_by("id"))


def _refer_all(agreement: ReadingAgreement) -> int:
    if not people_of(agreement.reading_clinic_id, Role.DOCTOR).exists():
        return 0  # given to nobody, a study would look as if it were on its way to be read
    placed = 0
    for key in list(_covered(agreement).order_by("rank", "pk").values_list("pk", flat=True)[:AT_ONCE]):
        try:
            placed += _refer(key, agreement)
        except Exception:  # one that fails must not hold up the others
            logger.exception("study %s could not be referred", key)
    return placed


def close_over() -> int:
    """Close the referrals whose agreement or study is over; audit `referral.withdrawn`. How many."""
    over = Q(study__state__in=OVER) | ~Q(
        agreement__in=ReadingAgreement.objects.filter(in_force()).values("pk")
    )
    keys = Referral.objects.filter(over, is_open=True).order_by("pk").values_list("pk", "study_id")
    closed = 0
    with notice.together():  # an agreement may end while hundreds wait
        for key, study in list(keys[:AT_ONCE]):
            try:
                closed += _close_if_over(key, study)
            except Exception:
                logger.exception("referral %s could not be closed", key)
    return closed


def _close_if_over(key: int, study: int) -> bool:
    with transaction.atomic():
        locked = worklist.lock(study)
        row = Referral.objects.select_related("agreement", "study").get(pk=key)
        ended = not row.agreement.in_force
        if not row.is_open or not (ended or locked.state in OVER):
            return False
        why = "The agreement is over." if ended else "The study is not to be read any more."
        rows.close(row, ReferralState.WITHDRAWN, by=None, reason=why)
        rows.tell_senders(row, "ended" if ended else "over")
        if row.accepted_by:
            rows.tell(row, "withdrawn", [row.accepted_by])
        history.write(locked, "referral.withdrawn", actor=SYSTEM, rows=[Stored(row, CLOSED)])
    return True


def _covered(agreement: ReadingAgreement) -> QuerySet[Study]:
    """The studies that the agreement covers and that somebody is to be asked to read.

    One that was read and is open again, by a new film or result, is asked for again; not where this clinic
    said no, nor where the sender took it back.
    """
    said_no = Q(agreement=agreement, state__in=(ReferralState.DECLINED, ReferralState.PASSED_ON))
    taken_back = Q(state=ReferralState.WITHDRAWN, closed_by__isnull=False)
    settled = Referral.objects.filter(Q(is_open=True) | said_no | taken_back, study=OuterRef("pk"))
    found = Study.objects.filter(
        ~Exists(settled), clinic=agreement.clinic_id, rank__lt=worklist.RANK_DONE, state__in=WAITS
    )
    return found.filter(urgent=True) if agreement.covers == Covers.URGENT else found


def _refer(key: int, agreement: ReadingAgreement) -> bool:
    with transaction.atomic():
        locked = worklist.lock(key)
        counts = ReadingAgreement.objects.filter(in_force(), pk=agreement.pk).exists()
        if not counts or not _covered(agreement).filter(pk=key).exists():
            return False
        _, entry = rows.asked(locked, agreement, by=None)
        history.write_all([entry], actor=SYSTEM)
    return True

"""Which studies wait too long, and the notices about them.

One by the minutes that their clinic allows, and one for each clinic that had agreed to read them sooner.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Clinic, Role
from accounts.models.membership import people_of
from diagnosis.models import (
    NoticeKind,
    OverdueNotice,
    ReadingRules,
    Study,
    StudyState,
    WebhookDelivery,
    WebhookKind,
)
from diagnosis.services import history, notice, referred, webhooks, worklist
from diagnosis.services.worklist import RANK_DONE

logger = logging.getLogger(__name__)

OPEN: Final = (StudyState.WAITING, StudyState.TO_REVIEW, StudyState.PROBLEM)
AT_ONCE: Final = 200
MANY: Final = 100  # are told as "100+"


def since(study: Study, rules: ReadingRules) -> datetime | None:
    """Since when the study is overdue; None if it is not."""
    minutes = rules.urgent_minutes if study.urgent else rules.routine_minutes
    if study.state not in OPEN or not minutes:
        return None
    due = study.created_at + timedelta(minutes=minutes)
    return due if due <= timezone.now() else None


def overdue(clinic_id: int, rules: ReadingRules) -> QuerySet[Study]:
    """The clinic's overdue studies."""
    now, late = timezone.now(), Q(pk__in=[])
    if rules.urgent_minutes:
        late |= Q(urgent=True, created_at__lte=now - timedelta(minutes=rules.urgent_minutes))
    if rules.routine_minutes:
        late |= Q(urgent=False, created_at__lte=now - timedelta(minutes=rules.routine_minutes))
    return Study.objects.filter(late, clinic=clinic_id, rank__lt=RANK_DONE, state__in=OPEN)


def tell_doctors() -> int:
    """Tell the doctors of each clinic about studies that became overdue; returns how many studies.

    Each study once, and once more for each clinic that does not read it in time; several in one mail: the
    rule may begin while many wait. Audit `study.overdue`.
    """
    told = 0
    known = {rules.clinic_id: rules for rules in ReadingRules.objects.all()}
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        rules = known.get(clinic_id) or ReadingRules(clinic_id=clinic_id)
        told += _tell_clinic(clinic_id, rules)
    return told


def _tell_clinic(clinic_id: int, rules: ReadingRules) -> int:
    """All in one; where that fails, each by itself: one study's trouble must not silence the others."""
    late: list[int] = []
    try:
        late = _untold(clinic_id, rules)
        return _tell_of(clinic_id, late, rules) if late else 0
    except Exception:
        logger.exception("the overdue studies of clinic %s could not be told of together", clinic_id)
    told = 0
    for study_id in late:
        try:
            told += _tell_of(clinic_id, [study_id], rules)
        except Exception:
            logger.exception("nobody could be told that study %s is overdue", study_id)
    return told


def _untold(clinic_id: int, rules: ReadingRules) -> list[int]:
    due = overdue(clinic_id, rules).filter(overdue_notice=None).order_by("pk")
    late = referred.late(clinic_id).filter(study__rank__lt=RANK_DONE, study__state__in=OPEN).order_by("pk")
    late = late.filter(Q(study__overdue_notice=None) | Q(study__overdue_notice__told_at__lt=F("asked_at")))
    return sorted(
        {
            *due.values_list("pk", flat=True)[:AT_ONCE],
            *late.values_list("study", flat=True)[:AT_ONCE],
        }
    )


@transaction.atomic
def _tell_of(clinic_id: int, late: list[int], rules: ReadingRules) -> int:
    found, again = [], []
    for study_id in late:
        study = worklist.lock(study_id)
        mark = OverdueNotice.objects.filter(study=study).first()
        referral = referred.late(clinic_id).filter(study=study).first() if study.state in OPEN else None
        if mark is None and (referral or since(study, rules)):
            OverdueNotice.objects.create(study=study)
            found.append(study)
        elif mark and referral and mark.told_at < referral.asked_at:
            OverdueNotice.objects.filter(pk=mark.pk).update(told_at=timezone.now())
            again.append((study, f"late {referral.public_id}"))
    # where there is no doctor, somebody has to find one
    own = list(notice.doctors_of(clinic_id)) or list(people_of(clinic_id, Role.ADMINISTRATOR))
    notice.tell_of_all(NoticeKind.OVERDUE, studies=found, to=own)
    for study, about in [*((study, "") for study in found), *again]:
        people = [*own, *referred.reading_doctors(study)]
        notice.tell(NoticeKind.OVERDUE, study=study, to=people, about=about)
    told = [*found, *(study for study, _ in again)]
    history.write_all([history.Entry(study, "study.overdue") for study in told], actor=SYSTEM)
    return len(told)


def queue_webhooks() -> int:
    """Have the clinics' webhooks told of studies that became overdue since there are any; how many studies.

    Whatever the rule of mails: a program is told even where no doctor wants one.
    """
    told = 0
    for clinic_id, since_when in webhooks.earliest_wanting(WebhookKind.OVERDUE).items():
        rules = ReadingRules.of(clinic_id)
        longest = timedelta(minutes=max(rules.urgent_minutes, rules.routine_minutes))
        known = WebhookDelivery.objects.filter(study=OuterRef("public_id"), kind=WebhookKind.OVERDUE)
        late = overdue(clinic_id, rules).filter(~Exists(known), created_at__gte=since_when - longest)
        for study_id in list(late.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
            try:
                told += _queue_webhook(study_id, rules)
            except Exception:  # one study's trouble must not silence the others
                logger.exception("no webhook could be told that study %s is overdue", study_id)
    return told


@transaction.atomic
def _queue_webhook(study_id: int, rules: ReadingRules) -> bool:
    study = worklist.lock(study_id)
    if since(study, rules) is None:
        return False
    webhooks.queue(WebhookKind.OVERDUE, study=study)
    return True

"""Which studies wait too long, by the minutes that their clinic allows, and the one notice about each."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
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

    Each study once, several in one mail: the rule may begin while many wait. Audit `study.overdue`.
    """
    told = 0
    known = {rules.clinic_id: rules for rules in ReadingRules.objects.all()}
    for clinic_id in Clinic.objects.order_by("pk").values_list("pk", flat=True):
        rules = known.get(clinic_id) or ReadingRules(clinic_id=clinic_id)
        due = overdue(clinic_id, rules).filter(overdue_notice=None).order_by("pk")
        late = list(due.values_list("pk", flat=True)[:AT_ONCE])
        told += _tell_of(clinic_id, late, rules) if late else 0
    return told


@transaction.atomic
def _tell_of(clinic_id: int, late: list[int], rules: ReadingRules) -> int:
    found = []
    for study_id in late:
        study = worklist.lock(study_id)
        if since(study, rules) is None or OverdueNotice.objects.filter(study=study).exists():
            continue
        OverdueNotice.objects.create(study=study)
        found.append(study)
    # where there is no doctor, somebody has to find one
    own = list(notice.doctors_of(clinic_id)) or list(people_of(clinic_id, Role.ADMINISTRATOR))
    notice.tell_of_all(NoticeKind.OVERDUE, studies=found, to=own)
    for study in found:
        notice.tell(NoticeKind.OVERDUE, study=study, to=referred.reading_doctors(study))
    history.write_all([history.Entry(study, "study.overdue") for study in found], actor=SYSTEM)
    return len(found)


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
            with transaction.atomic():
                study = worklist.lock(study_id)
                if since(study, rules) is not None:
                    webhooks.queue(WebhookKind.OVERDUE, study=study)
                    told += 1
    return told

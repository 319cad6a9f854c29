"""Critical results: a signature opens one, people are told one group after the other, somebody acknowledges.

Who is told first: the study's sender, then the clinic's doctors, then its administrators, each person once;
whoever signed it only at the end, if nobody acknowledges.
It goes on where a study was cancelled or its film was moved since: somebody still has to hear of it.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.audit import SYSTEM, Stored
from accounts.models import Role, User
from accounts.models.membership import people_of
from accounts.permissions import may_see_records
from diagnosis import spelling
from diagnosis.models import (
    CriticalResult,
    CriticalStep,
    CriticalWhy,
    NoticeKind,
    ReadingRules,
    Review,
    Study,
    WebhookKind,
)
from diagnosis.models.reading_rules import CRITICAL_MINUTES
from diagnosis.services import history, notice, referred, webhooks, worklist
from diagnosis.services.history import Entry

logger = logging.getLogger(__name__)

AT_ONCE: Final = 100
FURTHER: Final = "further:"
ACKNOWLEDGED: Final = ("is_open", "next_at", "acknowledged_at", "acknowledged_by", "acknowledged_name")


def are_kept(clinic_id: int | None) -> bool:
    """Whether the clinic keeps critical results."""
    return ReadingRules.of(clinic_id).critical_minutes > 0


def of(study: Study) -> CriticalResult | None:
    """The study's last critical result, open or acknowledged."""
    found = CriticalResult.objects.filter(study=study).select_related("acknowledged_by", "review__doctor")
    return found.first()


def signed(*, study: Study, doctor: User, ticked: bool = False) -> list[Entry]:
    """Open a critical result if a signature asks for one; call it in its transaction, the study summed up.

    By the rule once for each finding: who amends a note alarms nobody again. Audit `study.critical_opened`.
    """
    rules = ReadingRules.of(study.clinic_id)
    review = Review.objects.filter(scan__study=study, doctor=doctor).order_by("-id").first()
    if not rules.critical_minutes or review is None:
        return []
    earlier = list(CriticalResult.objects.filter(study=study))
    codes = _codes(study, rules)
    new = set(codes) - {code for row in earlier for code in row.codes}
    if any(row.is_open for row in earlier) or not (ticked or new):
        return []
    why = CriticalWhy.TICKED if ticked else CriticalWhy.RULE
    row = CriticalResult(clinic_id=study.clinic_id, study=study, review=review, why=why, codes=codes)
    row.step, people = _next(row, CriticalStep.SENDER)
    row.next_at = row.since + timedelta(minutes=rules.critical_minutes if people else 0)
    row.save()
    _tell(people, row, study, late=False)
    facts = {"why": str(why), "to": str(CriticalStep(row.step).label) if people else "nobody"}
    return [Entry(study, "study.critical_opened", facts, rows=[Stored(row)])]


def declare(*, study: Study, doctor: User) -> bool:
    """Open a critical result of what the doctor had signed before. False if one is open, or none is kept."""
    with transaction.atomic():
        entries = signed(study=worklist.lock(study.pk), doctor=doctor, ticked=True)
        history.write_all(entries, actor=doctor)
    return bool(entries)


def acknowledge(*, study: Study, by: User, name: str, result: str = "") -> bool:
    """Note who knows of the critical result; audit `study.critical_acknowledged`. False if none is open.

    The name stays on its row. `result`: the public id of the one on the person's page; a later one they have
    not seen. Raises ValueError without a name.
    """
    name = spelling.tidy(name)
    if not name:
        raise ValueError("A critical result is acknowledged with a name.")
    if not may_see_records(by) or by.clinic_id != study.clinic_id:
        return False
    with transaction.atomic():
        locked = worklist.lock(study.pk)
        row = CriticalResult.objects.filter(study=locked, is_open=True).first()
        if row is None or result not in ("", str(row.public_id)):
            return False
        row.is_open, row.next_at, row.acknowledged_at = None, None, timezone.now()
        row.acknowledged_by, row.acknowledged_name = by, name
        row.save(update_fields=ACKNOWLEDGED)
        Study.objects.filter(pk=locked.pk).update(changed_at=row.acknowledged_at)  # open lists show it
        notice.over(locked, [NoticeKind.CRITICAL_WAITING])
        history.write(locked, "study.critical_acknowledged", actor=by, rows=[Stored(row, ACKNOWLEDGED)])
    return True


def escalate() -> int:
    """Tell the next people of what nobody acknowledged in time; how many results there were."""
    now = timezone.now()
    due = CriticalResult.objects.filter(is_open=True, next_at__lte=now).order_by("next_at", "pk")
    found = list(due.values_list("pk", "study_id")[:AT_ONCE])
    for key, study_id in found:
        try:
            _escalate(key, study_id)
        except Exception:  # one that fails must not hold up the others
            logger.exception("critical result %s could not be told of", key)
    return len(found)


def _escalate(key: int, study_id: int) -> None:
    with transaction.atomic():
        study = worklist.lock(study_id)
        row, now = CriticalResult.objects.get(pk=key), timezone.now()
        if not row.is_open or row.next_at is None or row.next_at > now:
            return
        step, people = _next(row, row.step + 1)
        # what was opened goes on, even if the clinic keeps no new ones any more
        minutes = ReadingRules.of(study.clinic_id).critical_minutes or CRITICAL_MINUTES
        row.next_at = now + timedelta(minutes=minutes) if people else None
        row.step = step if people else row.step
        row.save(update_fields=["step", "next_at"])
        if people:
            _tell(people, row, study, late=True)
        else:
            _tell_readers(row, study)
        about = f"{row.public_id}:{row.step if people else 'nobody'}"
        webhooks.queue(WebhookKind.CRITICAL_WAITING, study=study, about=about)
        to = str(CriticalStep(row.step).label) if people else "whoever signed it, as there is nobody else"
        stored = Stored(row, ["step", "next_at"])
        history.write(study, "study.critical_escalated", {"to": to}, actor=SYSTEM, rows=[stored])


def _codes(study: Study, rules: ReadingRules) -> list[str]:
    """The signed findings that the clinic's rule calls critical."""
    codes = []
    if study.urgent and study.doctor_finding in rules.critical_findings:
        codes.append(study.doctor_finding)
    ticked = {
        one["code"] for review in worklist.latest_reviews(study).values() for one in review.further
    } & set(rules.critical_further)
    return codes + [FURTHER + code for code in sorted(ticked)]


def _next(row: CriticalResult, step: int) -> tuple[int, list[User]]:
    """The first group from this step on that has somebody in it, and who that is."""
    for number in range(step, CriticalStep.ADMINISTRATORS + 1):
        if people := _people(row, number):
            return number, people
    return CriticalStep.ADMINISTRATORS, []


def _people(row: CriticalResult, step: int) -> list[User]:
    sender = people_of(row.clinic_id).filter(pk=row.study.created_by_id or 0)
    if step == CriticalStep.SENDER:
        found = sender
    else:
        role = Role.DOCTOR if step == CriticalStep.DOCTORS else Role.ADMINISTRATOR
        found = people_of(row.clinic_id, role).exclude(pk__in=sender)  # told, and not once more
    return list(found.exclude(pk=row.review.doctor_id).order_by("pk"))


def _tell(people: Sequence[User], row: CriticalResult, study: Study, *, late: bool) -> None:
    """How people hear of it, in the caller's transaction; `late`: others did not acknowledge it in time."""
    detail = notice.LATE if late else notice.NEW
    notice.tell(NoticeKind.CRITICAL_WAITING, study=study, to=people, about=str(row.public_id), detail=detail)


def _tell_readers(row: CriticalResult, study: Study) -> None:
    """Whoever signed it, and the doctors of a clinic that read it for another, hear that nobody there did."""
    reading_clinic = referred.read_by(study)
    people = [row.review.doctor, *(people_of(reading_clinic, Role.DOCTOR) if reading_clinic else ())]
    about = f"{row.public_id} {notice.UNHEARD}"
    notice.tell(NoticeKind.CRITICAL_WAITING, study=study, to=people, about=about, detail=notice.UNHEARD)

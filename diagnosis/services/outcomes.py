"""Keeps what became of a patient later: a test, another picture, an admission, a death.

Nothing is changed: a correction is another row, which names the one that it stands for.
"""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import User
from accounts.permissions import may_submit
from diagnosis import spelling
from diagnosis.models import Confirms, OutcomeKind, PatientOutcome, Study
from diagnosis.services import history, worklist


class OutcomeRefused(Exception):
    """Nothing was stored; `field` is the form field to correct, or ""."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.message, self.field = message, field
        super().__init__(message)


def enter(
    *,
    study: Study,
    by: User,
    kind: str,
    on: date,
    value: str = "",
    confirms: str = "",
    corrects: PatientOutcome | None = None,
    mistaken: bool = False,
) -> PatientOutcome:
    """Store an outcome, or the correction of one; audit `outcome.entered` or `outcome.corrected`.

    `mistaken`: the corrected one was an error and nothing stands for it. The entry names the kind, and not
    the value. Raises OutcomeRefused.
    """
    if not may_submit(by) or by.clinic_id != study.clinic_id:
        raise OutcomeRefused("Only people of this clinic enter outcomes of its studies.")
    if kind not in OutcomeKind.values or confirms not in Confirms.values:
        raise OutcomeRefused("Choose what it is.", field="kind")
    if on > timezone.localdate():
        raise OutcomeRefused("This day is still to come.", field="on")
    with transaction.atomic():
        worklist.lock(study.pk)
        if corrects is not None and PatientOutcome.objects.filter(corrects=corrects).exists():
            raise OutcomeRefused("Somebody has corrected this meanwhile. Look at the list.")
        outcome = PatientOutcome.objects.create(
            study=study,
            kind=kind,
            on=on,
            value=spelling.tidy(value),
            confirms=confirms,
            corrects=corrects,
            mistaken=mistaken and corrects is not None,
            entered_by=by,
            entered_name=str(by),
        )
        action = "outcome.corrected" if corrects else "outcome.entered"
        facts = {"outcome": str(outcome.public_id), "kind": str(outcome.kind)}
        history.write(study, action, facts, actor=by, rows=[Stored(outcome)])
    return outcome


def standing(studies: Iterable[Study] | None = None) -> QuerySet[PatientOutcome]:
    """The outcomes of these studies, or of all, that nobody corrected, the newest first."""
    found = PatientOutcome.objects.filter(corrected_by=None, mistaken=False).order_by("-on", "-id")
    return found if studies is None else found.filter(study__in=studies)


def confirmed(studies: Iterable[int]) -> dict[int, bool]:
    """By study, whether an outcome says that the lungs were abnormal; the newest one that says either."""
    said = PatientOutcome.objects.filter(study__in=list(studies), corrected_by=None, mistaken=False).exclude(
        confirms=Confirms.NEITHER
    )
    rows = said.order_by("on", "id").values_list("study", "confirms")
    return {study: confirms == Confirms.ABNORMAL for study, confirms in rows}

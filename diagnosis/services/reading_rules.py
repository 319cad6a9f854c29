"""Changes what a clinic asks of its readings; where first words are blind, the worklist forgets the network.

A list in the order of a network's answers tells them. So in a clinic whose doctors read blind it goes by
urgency and waiting time alone, for everybody; and by the network again when the rule ends.
"""

from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import Clinic, Role, User
from accounts.models.membership import of_clinic
from accounts.permissions import may_manage_clinic
from diagnosis.models import ReadingRules, Study
from diagnosis.models.reading_rules import CRITICAL_MINUTES, abnormal
from diagnosis.services import history, worklist
from diagnosis.services.locking import lock_clinic

PORTION: Final = 50  # studies that are sorted before the next look at the clock
BY_NETWORK: Final = (worklist.RANK_PATHOLOGICAL, worklist.RANK_UNSURE, worklist.RANK_NORMAL)


@dataclass(frozen=True)
class Wanted:
    """The rules as an administrator chose them."""

    blind_first: bool
    second_share: int
    second_on_difference: bool
    urgent_minutes: int
    routine_minutes: int
    mails_overdue: bool
    trainees: list[str] = field(default_factory=list)
    critical_minutes: int = CRITICAL_MINUTES
    critical_findings: list[str] = field(default_factory=abnormal)
    critical_further: list[str] = field(default_factory=list)


def change(*, clinic: Clinic, by: User, wanted: Wanted) -> bool:
    """Store a clinic's rules of reading; audit `clinic.reading_rules`. False if nothing differs.

    Raises PermissionDenied for others than the clinic's administrator.
    """
    if not may_manage_clinic(by) or by.clinic_id != clinic.pk:
        raise PermissionDenied("Only the clinic's own administrator may change its rules of reading.")
    values = asdict(wanted)
    doctors = User.objects.filter(of_clinic(clinic, Role.DOCTOR))
    known = {str(public_id) for public_id in doctors.values_list("public_id", flat=True)}
    values["trainees"] = sorted(known & set(wanted.trainees))
    with transaction.atomic():
        lock_clinic(clinic.pk)
        row = ReadingRules.of(clinic.pk)
        new, changed = row.pk is None, [name for name in values if getattr(row, name) != values[name]]
        if not changed:
            return False
        for name in changed:
            setattr(row, name, values[name])
        row.changed_at = timezone.now()
        if "blind_first" in changed:
            row.blind_since = row.changed_at if row.blind_first else None
            row.ordered_to = 0
        row.save()
        if row.blind_first and "blind_first" in changed:
            _forget_the_network(clinic)
        stored = Stored(row) if new else Stored(row, [*changed, "blind_since", "changed_at"])
        facts = {name: values[name] for name in changed}
        history.write(clinic, "clinic.reading_rules", facts, actor=by, rows=[stored])
    return True


def _forget_the_network(clinic: Clinic) -> None:
    """Nothing in the order of the list tells of the network from this moment on."""
    told = Study.objects.filter(clinic=clinic, rank__in=BY_NETWORK)
    told.update(rank=worklist.RANK_UNSURE, place=0, changed_at=timezone.now())


def put_in_order(*, seconds: float) -> int:
    """Sum up the open studies of clinics whose rule changed, until time is over; returns how many.

    The rows say how far that is, so no message can be lost.
    """
    done, until = 0, monotonic() + seconds
    while monotonic() < until:
        rules = ReadingRules.objects.filter(ordered_to__isnull=False).order_by("pk").first()
        if rules is None:
            break
        studies = Study.objects.filter(
            clinic=rules.clinic_id, rank__lt=worklist.RANK_DONE, pk__gt=rules.ordered_to
        )
        portion = list(studies.order_by("pk").values_list("pk", flat=True)[:PORTION])
        for study_id in portion:
            with transaction.atomic():
                worklist.refresh(worklist.lock(study_id))
        reached = portion[-1] if len(portion) == PORTION else None
        ReadingRules.objects.filter(pk=rules.pk, changed_at=rules.changed_at).update(ordered_to=reached)
        done += len(portion)
    return done

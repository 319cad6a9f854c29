"""Puts limits into force in a clinic for one version of the network, and withdraws them.

Limits fitted on the clinic's own films need an administrator and a doctor of that clinic, two persons; those
from elsewhere, an operator with a reason. Until then the version is on probation there.
"""

import calendar
from datetime import datetime
from time import monotonic
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import notices
from accounts.audit import Stored
from accounts.models import Clinic, Role, User
from accounts.permissions import may_operate, may_settle
from diagnosis import spelling
from diagnosis.models import ModelVersion, OperatingPoint, Origin, Prediction, Standing, Study, Triage
from diagnosis.services import history, measuring, standing, worklist
from diagnosis.services.locking import lock_clinic
from diagnosis.services.measuring import Measured

WITHDRAWN: Final = ("withdrawn_at", "withdrawn_by", "withdrawn_name", "withdrawn_reason")
IN_FORCE: Final = ("in_force_from", "in_force_until")
PORTION: Final = 50  # studies that are put in order before the next look at the clock


class LimitsRefused(Exception):
    """Nothing was changed; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def of_card(model_version: ModelVersion) -> tuple[float, float]:
    """The limits that a network came with. Raises LimitsRefused where its card names none."""
    try:
        band = model_version.card["unsure_band"]
        return float(band["lower"]), float(band["upper"])
    except (KeyError, TypeError, ValueError) as error:
        raise LimitsRefused(f"The card of {model_version} names no limits.") from error


def open_proposal(*, clinic: Clinic, model_version: ModelVersion) -> OperatingPoint | None:
    """The limits that wait for the second person, if there are any."""
    return _proposals(clinic, model_version).first()


def accept(*, clinic: Clinic, model_version: ModelVersion, operator: User, reason: str) -> OperatingPoint:
    """Put the limits that a network came with into force in a clinic; audit `limits.accepted`.

    Raises LimitsRefused: no operator, no reason, or the clinic has limits of its own.
    """
    reason = spelling.tidy(reason)
    if not may_operate(operator):
        raise LimitsRefused("Only an operator accepts limits from elsewhere.")
    if not reason:
        raise LimitsRefused("Say why these limits may count in this clinic.")
    lower, upper = of_card(model_version)
    now = timezone.now()
    with transaction.atomic():
        lock_clinic(clinic.pk)
        known = standing.in_force(clinic_id=clinic.pk, model_version=model_version)
        if known is not None and known.origin == Origin.HERE:
            raise LimitsRefused(f"{clinic} has agreed on limits of its own for {model_version}.")
        point = OperatingPoint.objects.create(
            clinic=clinic,
            model_version=model_version,
            origin=Origin.ELSEWHERE,
            normal_below=lower,
            pathological_from=upper,
            operator=operator,
            operator_name=str(operator),
            reason=reason,
            in_force_from=now,
            in_force_until=_months_later(now),
        )
        history.write(point, "limits.accepted", _facts(point), actor=operator, rows=[Stored(point)])
    return point


def agree(*, clinic: Clinic, model_version: ModelVersion, person: User, shown: str) -> OperatingPoint:
    """Agree, as administrator or doctor, to a clinic's limits; the second of the two puts them in force.

    The first one's agreement stores the figures as they were shown (audit `limits.proposed`), the other one
    agrees to those (`limits.agreed`). `shown` names what the person saw: the digest of the figures, or the
    proposal. Raises LimitsRefused.
    """
    if not may_settle(person) or person.clinic_id != clinic.pk:
        raise LimitsRefused("Only administrators and doctors of this clinic agree to its limits.")
    measured = measuring.measure(
        clinic=clinic, model_version=model_version
    )  # before others wait for the lock
    with transaction.atomic():
        lock_clinic(clinic.pk)
        if not ModelVersion.objects.filter(pk=model_version.pk, active=True).exists():
            raise LimitsRefused("Another network has become the active one. Look at its films first.")
        proposal = _proposals(clinic, model_version).first()
        if proposal is None:
            return _propose(clinic, model_version, person, shown, measured)
        if str(proposal.public_id) != shown:
            raise LimitsRefused("Somebody has proposed limits meanwhile. Look at their figures below.")
        return _complete(proposal, person, measured)


def withdraw(*, point: OperatingPoint, person: User, reason: str) -> None:
    """Take limits, or a proposal, back; audit `limits.withdrawn`. Films told by them tell no decision then.

    Their studies are unsure at once; `put_in_order` sorts them by score afterwards. Raises LimitsRefused.
    """
    reason = spelling.tidy(reason)
    if not (may_operate(person) or (may_settle(person) and person.clinic_id == point.clinic_id)):
        raise LimitsRefused(
            "Only an operator, an administrator or a doctor of this clinic may withdraw limits."
        )
    if not reason:
        raise LimitsRefused("Say why these limits should not count.")
    with transaction.atomic():
        lock_clinic(point.clinic_id)
        row = OperatingPoint.objects.select_related("model_version", "clinic").get(pk=point.pk)
        if row.withdrawn_at is not None:
            raise LimitsRefused(f"{row.withdrawn_name} has withdrawn these limits before.")
        row.withdrawn_at, row.withdrawn_by = timezone.now(), person
        row.withdrawn_name, row.withdrawn_reason = str(person), reason
        row.ordered_to = 0 if row.predictions.exists() else None
        row.save(update_fields=[*WITHDRAWN, "ordered_to"])
        _no_longer_told(row)
        history.write(row, "limits.withdrawn", _facts(row), actor=person, rows=[Stored(row, WITHDRAWN)])


def being_ordered(*, clinic: Clinic | None) -> bool:
    """Whether studies of withdrawn limits still stand before the others instead of by score."""
    return OperatingPoint.objects.filter(clinic=clinic, ordered_to__isnull=False).exists()


def put_in_order(*, seconds: float) -> int:
    """Sum up the studies again that withdrawn limits had told of, until time is over; returns how many.

    The rows say what is missing, so no message can be lost; a study that is summed up twice is the same.
    """
    done, until = 0, monotonic() + seconds
    while monotonic() < until:
        point = OperatingPoint.objects.filter(ordered_to__isnull=False).order_by("pk").first()
        if point is None:
            break
        studies = Study.objects.filter(scans__predictions__limits=point, pk__gt=point.ordered_to)
        portion = list(studies.order_by("pk").distinct().values_list("pk", flat=True)[:PORTION])
        for study_id in portion:  # exactly, one by one: a film beside it may have limits that count
            with transaction.atomic():
                worklist.refresh(worklist.lock(study_id))
        reached = portion[-1] if len(portion) == PORTION else None
        OperatingPoint.objects.filter(pk=point.pk).update(ordered_to=reached)
        done += len(portion)
    return done


def _no_longer_told(point: OperatingPoint) -> None:
    """Take the decisions off the worklist at once, in the transaction that withdraws.

    Where a film was told by other limits, too, the study may be pathological by those and must not sink.
    """
    told = point.predictions.order_by().values("scan__study")
    others = Prediction.objects.filter(scan__study=OuterRef("pk"), limits__isnull=False).exclude(limits=point)
    studies = Study.objects.filter(pk__in=told)
    alone = studies.filter(~Exists(others))
    alone.update(
        network_finding="",
        network_probability=None,
        network_triage=Triage.UNSURE,
        network_standing=Standing.WITHDRAWN,
        changed_at=timezone.now(),
    )
    decided = (worklist.RANK_PATHOLOGICAL, worklist.RANK_NORMAL)
    alone.filter(rank__in=decided).update(rank=worklist.RANK_UNSURE)
    mixed = studies.filter(Exists(others), rank__lt=worklist.RANK_DONE)
    for study_id in list(mixed.order_by("pk").values_list("pk", flat=True)):
        worklist.refresh(worklist.lock(study_id))


def _propose(
    clinic: Clinic, model_version: ModelVersion, person: User, shown: str, measured: Measured
) -> OperatingPoint:
    _check_they_say_enough(measured)
    if measured.digest != shown:
        raise LimitsRefused("Films were signed since you opened this page. Look at the figures again.")
    point = OperatingPoint(
        clinic=clinic,
        model_version=model_version,
        origin=Origin.HERE,
        normal_below=measured.figures["band"]["lower"],
        pathological_from=measured.figures["band"]["upper"],
        measured=measured.figures,
    )
    _sign(point, person)
    point.save()
    history.write(point, "limits.proposed", _facts(point), actor=person, rows=[Stored(point)])
    second = Role.ADMINISTRATOR if person.role == Role.DOCTOR else Role.DOCTOR
    notices.tell_of_waiting_limits(clinic, network=str(model_version), proposer=person, part=second)
    return point


def _check_they_say_enough(measured: Measured) -> None:
    """Raises LimitsRefused where the films of today say too little for limits."""
    if not measured.enough:
        raise LimitsRefused("There are not enough signed films yet.")
    if measured.quiet:
        raise LimitsRefused(f"The network cannot tell this clinic’s films apart: {measured.quiet}.")


def _complete(proposal: OperatingPoint, person: User, measured: Measured) -> OperatingPoint:
    signed = _sign(proposal, person)
    # Since the first one looked, films may have been dismissed, moved or read otherwise.
    _check_they_say_enough(measured)
    now = timezone.now()
    proposal.in_force_from, proposal.in_force_until = now, _months_later(now)
    fields = [*signed, *IN_FORCE]
    proposal.save(update_fields=fields)
    history.write(proposal, "limits.agreed", _facts(proposal), actor=person, rows=[Stored(proposal, fields)])
    return proposal


def _sign(point: OperatingPoint, person: User) -> list[str]:
    """Put the person's agreement on the row; the fields. Raises LimitsRefused if their part is signed."""
    part = "doctor" if person.role == Role.DOCTOR else "administrator"
    other = "administrator" if part == "doctor" else "doctor"
    if getattr(point, part) is not None:
        raise LimitsRefused(
            f"{getattr(point, f'{part}_name')} has agreed as {part}. Now the {other} is asked."
        )
    if getattr(point, f"{other}_id") == person.pk:  # whose role has changed since
        raise LimitsRefused("Two persons agree to limits; you have agreed already.")
    setattr(point, part, person)
    setattr(point, f"{part}_name", str(person))
    setattr(point, f"{part}_at", timezone.now())
    return [part, f"{part}_name", f"{part}_at"]


def _proposals(clinic: Clinic, model_version: ModelVersion) -> QuerySet[OperatingPoint]:
    return OperatingPoint.objects.filter(
        clinic=clinic,
        model_version=model_version,
        origin=Origin.HERE,
        in_force_from=None,
        withdrawn_at=None,
    )


def _months_later(moment: datetime) -> datetime:
    """LIMITS_MONTHS later, on the same day or the month's last."""
    month = moment.month - 1 + settings.LIMITS_MONTHS
    year, month = moment.year + month // 12, month % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def _facts(point: OperatingPoint) -> dict[str, Any]:
    names = {
        "administrator": point.administrator_name,
        "doctor": point.doctor_name,
        "operator": point.operator_name,
    }
    return {
        "model": str(point.model_version),
        "origin": str(point.origin),
        "limits": [f"{point.normal_below:.6f}", f"{point.pathological_from:.6f}"],
        "until": f"{point.in_force_until:%Y-%m-%d}" if point.in_force_until else "",
        **{part: name for part, name in names.items() if name},
    }

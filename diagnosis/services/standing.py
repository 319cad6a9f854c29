"""What a network's result is worth in a clinic: which limits are in force, and the words that say so.

A version is on probation in a clinic until limits of that clinic and that version are agreed, or an operator
accepts those from elsewhere. What is told of a film is frozen with its prediction (docs/adr/0006).
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.dateformat import format as date_format

from accounts.models import Clinic
from diagnosis.models import ModelVersion, OperatingPoint, Origin, Prediction, Standing, Triage

NOT_MEASURED: Final = "not yet measured here"
ON_PROBATION: Final = (
    "Not yet measured here: this clinic’s own films do not say yet what the network’s numbers mean. "
    "Heatmap and percentages decide nothing."
)


def in_force(
    *, clinic_id: int, model_version: ModelVersion, at: datetime | None = None
) -> OperatingPoint | None:
    """The limits that count; None on probation.

    The newest that came into force speak, alone: where they were withdrawn or have run out, older ones do not
    come back.
    """
    now = at or timezone.now()
    newest = (
        OperatingPoint.objects.filter(
            clinic_id=clinic_id, model_version=model_version, in_force_from__isnull=False
        )
        .order_by("-in_force_from", "-id")
        .first()
    )
    return newest if newest is not None and counts(newest, at=now) else None


def counts(point: OperatingPoint, *, at: datetime | None = None) -> bool:
    """Whether limits are in force: agreed or accepted, not withdrawn, not run out."""
    now = at or timezone.now()
    begun = point.in_force_from is not None and point.in_force_from <= now
    ended = point.withdrawn_at is not None or (point.in_force_until or now) <= now
    return begun and not ended


def ends_soon(point: OperatingPoint) -> bool:
    """Whether limits that count run out within LIMITS_WARN_DAYS."""
    warned = timezone.now() + timedelta(days=settings.LIMITS_WARN_DAYS)
    return counts(point) and point.in_force_until is not None and point.in_force_until <= warned


def of_clinic(*, clinic: Clinic, model_version: ModelVersion) -> Standing:
    """What a film is told by that is analysed now."""
    point = in_force(clinic_id=clinic.pk, model_version=model_version)
    if point is None:
        return Standing.PROBATION
    return Standing.HERE if point.origin == Origin.HERE else Standing.ELSEWHERE


def in_words(prediction: Prediction) -> str:
    """Whose limits a result is told by, in a sentence: the same on pages, in the API and in the report."""
    point = prediction.limits
    if point is None:
        before = "" if prediction.told_triage == Triage.UNSURE else _told_before(prediction)
        return ON_PROBATION + before
    if point.withdrawn_at is not None:
        until = f"Limits withdrawn by {point.withdrawn_name} on {day(point.withdrawn_at)}: "
        return f"{until}{point.withdrawn_reason.rstrip('.')}.{_told_before(prediction)}"
    return who_answers(point)


def who_answers(point: OperatingPoint) -> str:
    """Who agreed to limits, or accepted them: "Limits from elsewhere, accepted by …"."""
    if point.origin == Origin.ELSEWHERE:
        return f"Limits from elsewhere, accepted by {point.operator_name} on {day(point.in_force_from)}."
    both = f"{point.administrator_name} and {point.doctor_name}"
    return f"Limits of this clinic, agreed by {both} on {day(point.in_force_from)}."


def _told_before(prediction: Prediction) -> str:
    """What was told of the film before nothing more was: nobody's memory of it is wrong."""
    return f" Earlier, this film was told as “{Triage(prediction.told_triage).label.lower()}”."


def day(moment: datetime | None) -> str:
    """The day in the reader's time zone: "3 Mar 2026"."""
    return date_format(timezone.localtime(moment), "j M Y") if moment else ""

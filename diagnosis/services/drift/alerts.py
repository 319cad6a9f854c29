"""Alerts about films that changed: opened once, acknowledged with a word about the cause, closed."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import Clinic, User
from diagnosis import spelling
from diagnosis.cnn.drift import Watch
from diagnosis.models import DriftAlert, DriftPeriod, ModelVersion, ReferenceWindow
from diagnosis.services.drift import words
from diagnosis.services.history import Entry, write
from diagnosis.services.locking import lock_clinic

CLOSED = ("closed_at", "closed_period", "closed_why")
ACKNOWLEDGED = ("acknowledged_at", "acknowledged_by", "cause")


def open_alerts(clinics: QuerySet[Clinic] | list[Clinic]) -> QuerySet[DriftAlert]:
    """The alerts of these clinics that are open, acknowledged or not, the newest first."""
    return DriftAlert.objects.filter(window__clinic__in=clinics, closed_at=None)


def watches(window: ReferenceWindow) -> dict[str, tuple[Watch, DriftAlert | None]]:
    """How each statistic stands that ever had an alert, and the alert if it is open."""
    found: dict[str, tuple[Watch, DriftAlert | None]] = {}
    for alert in window.alerts.order_by("pk"):
        before, _ = found.get(alert.statistic, (Watch(), None))
        if alert.closed_at is None:
            watch = Watch(before.fresh_from, alert.opened_period, alert.horizon)
            found[alert.statistic] = (watch, alert)
        else:
            found[alert.statistic] = (Watch(fresh_from=(alert.closed_period or 0) + 1), None)
    return found


def open_one(
    period: DriftPeriod, statistic: str, horizon: int, since: datetime, shown: dict[str, Any]
) -> tuple[DriftAlert, Entry]:
    """A new alert and its entry `drift.alert_opened`. shown: "before" and "now", as `films.shown` tells."""
    window = period.window
    alert = DriftAlert.objects.create(
        window=window,
        statistic=statistic,
        opened_period=period.number,
        horizon=horizon,
        since=since,
        before=shown["before"],
        now=shown["now"],
    )
    facts = {"alert": str(alert.public_id), "what": words.change(alert), "model": str(window.model_version)}
    return alert, Entry(window.clinic, "drift.alert_opened", facts, rows=[Stored(alert)])


def close_one(alert: DriftAlert, why: str, period: int | None = None) -> Entry:
    """Close an open alert; its entry `drift.alert_closed`."""
    alert.closed_at, alert.closed_why, alert.closed_period = timezone.now(), why, period
    alert.save(update_fields=CLOSED)
    facts = {"alert": str(alert.public_id), "what": alert.get_statistic_display(), "why": why}
    return Entry(alert.window.clinic, "drift.alert_closed", facts, rows=[Stored(alert, CLOSED)])


def close_all(clinic: Clinic, why: str, *, other_than: ModelVersion | None = None) -> list[Entry]:
    """Close a clinic's open alerts, but for those about this network."""
    found = open_alerts([clinic]).select_related("window__clinic")
    if other_than is not None:
        found = found.exclude(window__model_version=other_than)
    return [close_one(alert, why, _periods(alert.window)) for alert in found]


def _periods(window: ReferenceWindow) -> int:
    """How many were compared: where its network answers again, only later films may open the alert anew."""
    return window.periods.aggregate(last=Max("number"))["last"] or 0


def acknowledge(*, alert: DriftAlert, actor: User, cause: str) -> bool:
    """Note who has seen to an alert, and the cause in their words; audit `drift.acknowledged`.

    False if somebody else did so before.
    """
    with transaction.atomic():
        clinic = lock_clinic(alert.window.clinic_id)
        done = DriftAlert.objects.filter(pk=alert.pk, acknowledged_at=None).update(
            acknowledged_at=timezone.now(), acknowledged_by=actor, cause=spelling.tidy(cause)
        )
        if not done:
            return False
        alert.refresh_from_db()
        # the cause stays on the row: people may name a person in it
        facts = {"alert": str(alert.public_id), "what": alert.get_statistic_display()}
        write(clinic, "drift.acknowledged", facts, actor=actor, rows=[Stored(alert, ACKNOWLEDGED)])
    return True

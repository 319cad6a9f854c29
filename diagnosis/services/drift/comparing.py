"""Holds each clinic's latest films against its window, a period at a time, and tells people of a change."""

import time
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts import notices
from accounts.models import Clinic
from diagnosis.cnn.drift import HORIZONS, KINDS, PERIOD, Comparison, Watch, alpha_of, compare_all, step
from diagnosis.models import (
    DriftAlert,
    DriftClosed,
    DriftPeriod,
    FilmStatistics,
    ModelVersion,
    ReferenceWindow,
)
from diagnosis.services import history, registry
from diagnosis.services.drift import alerts, words
from diagnosis.services.drift.films import columns, films_of, from_lists, shown
from diagnosis.services.drift.windows import WATCH, clinics_with_films, freeze_first, window_of
from diagnosis.services.history import Entry
from diagnosis.services.locking import lock_clinic

SETTLED: Final = timedelta(minutes=1)
"""How old a film's row must be: one that a transaction still holds back would be passed over."""


def compare_due(*, seconds: float) -> None:
    """Compare whatever is due in each clinic, for about so long; the next call goes on."""
    network = registry.active_model()
    if network is None:
        return
    close_replaced(network)
    ends = time.monotonic() + seconds
    for clinic in clinics_with_films(network):
        while time.monotonic() < ends and compare_clinic(clinic=clinic, network=network):
            pass


def close_replaced(network: ModelVersion) -> None:
    """Close every clinic's open alerts about other networks than the one that answers now."""
    others = DriftAlert.objects.filter(closed_at=None).exclude(window__model_version=network)
    for clinic_id in sorted(set(others.values_list("window__clinic", flat=True))):
        with transaction.atomic():
            clinic = lock_clinic(clinic_id)
            ended = alerts.close_all(clinic, DriftClosed.NETWORK, other_than=network)
            history.write_all(ended, actor=WATCH)


def compare_clinic(*, clinic: Clinic, network: ModelVersion, now: datetime | None = None) -> bool:
    """Freeze the first window, or compare one period of films; False if there were too few films.

    Alerts open and close with it, on record; one mail tells of those that opened.
    """
    before = (now or timezone.now()) - SETTLED
    with transaction.atomic():
        lock_clinic(clinic.pk)
        ended = alerts.close_all(clinic, DriftClosed.NETWORK, other_than=network)
        history.write_all(ended, actor=WATCH)
        window = window_of(clinic, network)
        if window is None:
            return freeze_first(clinic, network, before) is not None
        last = window.periods.order_by("-number").first()
        after = last.last_row if last else window.last_row
        due = films_of(clinic, network).filter(pk__gt=after, noted_at__lt=before)[:PERIOD]
        films = list(due)
        if len(films) < PERIOD:
            return False
        _compare(window, last, films)
    return True


def _compare(window: ReferenceWindow, last: DriftPeriod | None, films: list[FilmStatistics]) -> None:
    number = last.number + 1 if last else 1
    latest = _latest(window, number, films[-1].pk)
    standing = alerts.watches(window)
    alpha = alpha_of((films[-1].noted_at - (last or window).last_at).total_seconds())
    fresh = {name: watch.fresh_from for name, (watch, _) in standing.items()}
    found = compare_all(from_lists(window.values), columns(latest), alpha, fresh, number)
    period = DriftPeriod.objects.create(
        window=window,
        number=number,
        first_at=films[0].noted_at,
        last_at=films[-1].noted_at,
        last_row=films[-1].pk,
        alpha=alpha,
        values=shown(columns(films)),
        comparisons={
            name: {str(horizon): one.to_json() for horizon, one in by_horizon.items()}
            for name, by_horizon in found.items()
        },
    )
    entries, opened = [], []
    for name in KINDS:
        watch, alert = standing.get(name, (Watch(), None))
        entry, new = _stepped(period, name, watch, alert, found[name], latest)
        entries += [entry] if entry else []
        opened += [new] if new else []
    if opened:
        with timezone.override(window.clinic.time_zone or None):
            told = [words.sentence(alert) for alert in opened]
        notices.tell_of_changed_films(window.clinic, told)
    history.write_all(entries, actor=WATCH)


def _latest(window: ReferenceWindow, number: int, end: int) -> list[FilmStatistics]:
    """The films of this period and of those before it that the longest horizon reaches, in order."""
    first = number - HORIZONS[-1]
    begin = window.periods.get(number=first).last_row if first > 0 else window.last_row
    return list(films_of(window.clinic, window.model_version).filter(pk__gt=begin, pk__lte=end))


def _stepped(
    period: DriftPeriod,
    name: str,
    watch: Watch,
    alert: DriftAlert | None,
    compared: dict[int, Comparison],
    latest: list[FilmStatistics],
) -> tuple[Entry | None, DriftAlert | None]:
    """What the period changes for one statistic: the entry for the record, and an alert that opened."""
    after = step(watch, period.number, compared)
    if alert is not None and after.opened is None:
        return alerts.close_one(alert, DriftClosed.BACK, period.number), None
    if alert is None and after.opened is not None:
        films = latest[-after.horizon * PERIOD :]
        told: dict[str, Any] = {
            "before": shown(from_lists(period.window.values)).get(name, {}),
            "now": shown(columns(films)).get(name, {}),
        }
        new, entry = alerts.open_one(period, name, after.horizon, films[0].noted_at, told)
        return entry, new
    return None, None

"""Watches whether a clinic's films change: a frozen window, periods held against it, alerts for people."""

from diagnosis.services.drift.alerts import acknowledge, open_alerts
from diagnosis.services.drift.comparing import close_replaced, compare_clinic, compare_due
from diagnosis.services.drift.windows import FrozenAnew, TooFewFilms, coming, freeze_anew, window_of

__all__ = [
    "FrozenAnew",
    "TooFewFilms",
    "acknowledge",
    "close_replaced",
    "coming",
    "compare_clinic",
    "compare_due",
    "freeze_anew",
    "open_alerts",
    "window_of",
]

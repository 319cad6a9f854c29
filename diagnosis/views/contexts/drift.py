"""What the pages about films over time show: alerts in words, and charts with the numbers behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from accounts.models import Clinic
from diagnosis.cnn.drift import FALSE_ALARMS_A_YEAR, HORIZONS, KINDS, PERIOD
from diagnosis.models import DriftAlert, DriftPeriod, DriftStatistic, ModelVersion, ReferenceWindow
from diagnosis.services import drift
from diagnosis.services.drift import words
from diagnosis.services.drift.films import from_lists, shown
from diagnosis.views.contexts.drift_chart import Chart, Line, draw

PERIODS_SHOWN: Final = 40
CLOSED_SHOWN: Final = 20


@dataclass(frozen=True)
class Told:
    """An alert as it is read."""

    alert: DriftAlert
    change: str
    from_to: str
    to_do: str
    films: int


@dataclass(frozen=True)
class Row:
    """A period as the table tells it: its films, and how they stand to the window."""

    period: DriftPeriod
    shows: str
    standing: str
    limits: str
    longest: str
    crosses: bool


@dataclass(frozen=True)
class Panel:
    """A statistic: its name, what it shows now and in the window, its chart and the rows beneath."""

    code: str
    name: str
    meaning: str
    window: str
    window_middle: str
    now: str
    is_open: bool
    chart: Chart
    rows: list[Row]


_MEANING: Final = {
    "rank": "How often a film has more of it than one of the window: 50 % without a change.",
    "distribution": "How far apart the answers lie from the window’s: 0 % is the same, 100 % is apart.",
    "share": "Share of the films.",
}


def overview(clinics: Sequence[Clinic]) -> list[dict[str, Any]]:
    """Each clinic with its open alerts, those first that have any."""
    alerts = list(drift.open_alerts(list(clinics)).select_related("window"))
    rows = [
        {
            "clinic": clinic,
            "alerts": [told(alert) for alert in alerts if alert.window.clinic_id == clinic.pk],
        }
        for clinic in clinics
    ]
    return sorted(rows, key=lambda row: not row["alerts"])


def told(alert: DriftAlert) -> Told:
    return Told(alert, words.change(alert), words.from_to(alert), words.to_do(alert), alert.horizon * PERIOD)


def clinic_page(clinic: Clinic, network: ModelVersion | None) -> dict[str, Any]:
    """The context of a clinic's page."""
    window = drift.window_of(clinic, network) if network else None
    past = DriftAlert.objects.filter(window__clinic=clinic).select_related(
        "window__model_version", "acknowledged_by"
    )
    alerts = [told(alert) for alert in past.filter(closed_at=None)]
    periods = list(window.periods.order_by("-number")[:PERIODS_SHOWN])[::-1] if window else []
    return {
        "clinic": clinic,
        "model": network,
        "window": window,
        "coming": drift.coming(clinic, network) if network else None,
        "alerts": alerts,
        "closed": [told(alert) for alert in past.exclude(closed_at=None)[:CLOSED_SHOWN]],
        "panels": _panels(window, periods, alerts) if window and periods else [],
        "period": PERIOD,
        "longest": HORIZONS[-1] * PERIOD,
        "years": round(1 / FALSE_ALARMS_A_YEAR),
    }


def _panels(window: ReferenceWindow, periods: list[DriftPeriod], alerts: list[Told]) -> list[Panel]:
    before = shown(from_lists(window.values))
    opened = {one.alert.statistic for one in alerts if one.alert.window_id == window.pk}
    panels = [_panel(name, periods, before.get(name, {}), name in opened) for name in KINDS]
    return sorted(panels, key=lambda panel: not panel.is_open)


def _panel(name: str, periods: list[DriftPeriod], before: dict[str, Any], is_open: bool) -> Panel:
    rows = [_row(name, period) for period in periods]
    lines = [_line(name, period) for period in periods]
    return Panel(
        code=name,
        name=DriftStatistic(name).label,
        meaning=_MEANING[KINDS[name]],
        window=words.value(name, before),
        window_middle=words.middle(name, before),
        now=words.value(name, periods[-1].values.get(name, {})),
        is_open=is_open,
        chart=draw(lines),
        rows=rows[::-1],
    )


def _line(name: str, period: DriftPeriod) -> Line:
    compared = period.comparisons.get(name, {})
    longest = max(map(int, compared), default=0)
    return Line(
        compared.get(str(HORIZONS[0])),
        compared.get(str(longest)) if longest > HORIZONS[0] else None,
        any(one["crosses"] for one in compared.values()),
    )


def _row(name: str, period: DriftPeriod) -> Row:
    line = _line(name, period)
    return Row(
        period=period,
        shows=words.value(name, period.values.get(name, {})),
        standing=_percent(line.short["value"]) if line.short else "–",
        limits=_limits(line.short),
        longest=f"{_percent(line.long['value'])} ({_limits(line.long)})" if line.long else "–",
        crosses=line.crosses,
    )


def _limits(one: dict[str, Any] | None) -> str:
    if one is None:
        return "–"
    low, high = one["lower"], one["upper"]
    if low is None:
        return f"up to {_percent(high)}" if high is not None else "none"
    return f"{_percent(low)} to {_percent(high)}" if high is not None else f"from {_percent(low)}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}\u00a0%"

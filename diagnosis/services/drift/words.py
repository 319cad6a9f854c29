"""An alert in words: what changed, since when, from what to what, and what to do."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from diagnosis.models import DriftAlert, DriftStatistic

_MACHINE: Final = "Was a machine, its processing or the way films are exported changed?"
_UP_DOWN: Final = {
    DriftStatistic.UNSURE.value: ("The network is unsure more often", "The network is unsure less often"),
    DriftStatistic.REFUSED.value: ("More films are refused", "Fewer films are refused"),
    DriftStatistic.LEVEL.value: ("Films are brighter", "Films are darker"),
    DriftStatistic.SPREAD.value: ("Films have more contrast", "Films have less contrast"),
    DriftStatistic.SHARPNESS.value: ("Films are sharper", "Films are softer"),
    DriftStatistic.GRAIN.value: ("Films are grainier", "Films are smoother"),
    DriftStatistic.BLACK.value: ("Films have more black", "Films have less black"),
    DriftStatistic.WHITE.value: ("Films have more white", "Films have less white"),
    DriftStatistic.MEGAPIXELS.value: ("Films are larger", "Films are smaller"),
}
_TO_DO: Final = {
    DriftStatistic.SCORE.value: "Did other patients come, or was a machine changed? Until that is known, "
    "do not rely on limits that were fitted before.",
    DriftStatistic.UNSURE.value: "Look at some of these films. " + _MACHINE,
    DriftStatistic.REFUSED.value: "Look at the refused films. Are side views or other pictures sent now? "
    + _MACHINE,
}
_PERCENT: Final = frozenset(
    {
        DriftStatistic.SCORE.value,
        DriftStatistic.UNSURE.value,
        DriftStatistic.REFUSED.value,
        DriftStatistic.BLACK.value,
        DriftStatistic.WHITE.value,
    }
)


def change(alert: DriftAlert) -> str:
    """What changed, as "Films are softer"."""
    if alert.statistic == DriftStatistic.SCORE:
        return "The network’s answers are distributed otherwise"
    before, now = (_middle(values) for values in (alert.before, alert.now))
    return _UP_DOWN[alert.statistic][0 if now >= before else 1]


def from_to(alert: DriftAlert) -> str:
    """From what to what, with the quantities: "sharpness from 0.031 to 0.021 (medians)"."""
    name = DriftStatistic(alert.statistic).label
    if alert.statistic == DriftStatistic.SCORE:
        low, high = (_quantiles(values) for values in (alert.before, alert.now))
        return f"{name}: 10 %, 50 % and 90 % quantile from {low} to {high}"
    before, now = (value(alert.statistic, values) for values in (alert.before, alert.now))
    return f"{name}: from {before} to {now}" + ("" if "share" in alert.now else " (medians)")


def to_do(alert: DriftAlert) -> str:
    """What a person should do about it."""
    return _TO_DO.get(alert.statistic, _MACHINE)


def sentence(alert: DriftAlert) -> str:
    """All of it in one line, for a mail; days are those of the clock that is set."""
    since = f"{timezone.localtime(alert.since):%-d %B %Y}"
    return f"{change(alert)}, since {since}. {from_to(alert)}. {to_do(alert)}"


def value(statistic: str, shown: Mapping[str, Any]) -> str:
    """What films show, as read: a share with its counts, or the median."""
    if not shown:
        return "–"
    if "share" in shown:
        return f"{_number(statistic, shown['share'])} ({shown['count']} of {shown['of']})"
    return _number(statistic, shown["median"])


def middle(statistic: str, shown: Mapping[str, Any]) -> str:
    """Where the middle 80 % of the films lie, as read; "" for a share."""
    if not shown or "share" in shown:
        return ""
    low, high = (_number(statistic, shown[name]) for name in ("low", "high"))
    return f"{low} to {high}" if low != high else low


def _quantiles(shown: Mapping[str, Any]) -> str:
    return " · ".join(_number(DriftStatistic.SCORE, shown[name]) for name in ("low", "median", "high"))


def _number(statistic: str, number: float) -> str:
    if statistic in _PERCENT:
        return (
            f"{100 * number:.0f}\u00a0%" if number >= 0.0995 or number == 0 else f"{100 * number:.2g}\u00a0%"
        )
    return f"{number:.3g}" + ("\u00a0MP" if statistic == DriftStatistic.MEGAPIXELS else "")


def _middle(shown: Mapping[str, Any]) -> float:
    return float(shown.get("share", shown.get("median", 0.0)))

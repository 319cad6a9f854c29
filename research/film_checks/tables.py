"""The confusion of kinds and verdicts, and false alarms by source, as Markdown."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from diagnosis.cnn.evaluation.metrics import wilson_interval
from research.film_checks.study import VERDICTS, Outcome
from research.markdown import percent, table

HANDLED = ("refused", "corrected", "told")


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How many pictures have each verdict, and the share that is refused, corrected or told with Wilson's
    interval over patients."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    return {
        "n": len(outcomes),
        "verdicts": {verdict: counts[verdict] for verdict in VERDICTS},
        "handled": _share(outcomes, HANDLED),
        "refused": _share(outcomes, ("refused",)),
        "codes": dict(Counter(code for outcome in outcomes for code in outcome.codes).most_common()),
    }


def _share(outcomes: Sequence[Outcome], verdicts: Sequence[str]) -> dict[str, float | int]:
    hits = sum(outcome.verdict in verdicts for outcome in outcomes)
    value = hits / len(outcomes)
    low, high = wilson_interval(value, len({outcome.patient for outcome in outcomes}))
    return {"value": value, "low": max(0.0, float(low)), "high": min(1.0, float(high)), "count": hits}


def by(outcomes: Iterable[Outcome], *names: str) -> dict[str, list[Outcome]]:
    """The outcomes by attributes, such as kind, in order of appearance, and "all" of them."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(", ".join(getattr(outcome, name) for name in names), []).append(outcome)
    return groups | {"all": [outcome for group in groups.values() for outcome in group]}


def as_markdown(title: str, groups: dict[str, list[Outcome]], share: str) -> list[str]:
    """A table of groups by verdicts. share: which share is shown with its interval."""
    rows = []
    for name, outcomes in groups.items():
        found = figures(outcomes)
        value = found[share]
        interval = f"{percent(value['value'])} [{percent(value['low'])}, {percent(value['high'])}]"
        codes = ", ".join(f"{code} {count}" for code, count in list(found["codes"].items())[:5])
        rows.append(
            [name, str(found["n"]), *(str(found["verdicts"][one]) for one in VERDICTS), interval, codes]
        )
    return [f"**{title}**", "", *table(["", "n", *VERDICTS, f"{share} [95 %]", "codes"], rows)]

"""A comparison in words: whether it is enough for a promotion, and the report as lines of text."""

from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings

from diagnosis.services.comparison.report import ANSWERS

ENOUGH_FILMS: Final = 500


def shortfall(report: dict[str, Any]) -> str:
    """Why this comparison is not enough for a promotion, in words; "" if it is.

    Enough are BLIND_READS_NEEDED disagreements of which a blind reader said normal or abnormal; fewer, if no
    more came up in ENOUGH_FILMS films and each of them was read. "Cannot say" is a read, but settles nothing.
    """
    if not report:
        return "It has not run beside the active network: make it the candidate first."
    found, needed, films = report["disagreements"], settings.BLIND_READS_NEEDED, report["answered"]
    told = found["read"] - found["cannot_say"]
    if films >= ENOUGH_FILMS:
        needed = min(needed, found["films"] - found["cannot_say"])
    if told >= needed:
        return ""
    if films < ENOUGH_FILMS and found["films"] - found["cannot_say"] < needed:
        return (
            f"The two differ about {found['films']} of {films} films, and {_counted(found)}. "
            f"Wait for {needed} such reads, or for {ENOUGH_FILMS} films with every disagreement read."
        )
    return (
        f"Of {found['films']} disagreements in {films} films, {_counted(found)}; {needed} with such a word "
        "are needed."
    )


def _counted(found: dict[str, Any]) -> str:
    """What counts of the blind reads, and what does not."""
    told = found["read"] - found["cannot_say"]
    more = f" ({found['cannot_say']} more could not be told, which counts for neither)"
    return f"a blind reader said normal or abnormal of {told}{more if found['cannot_say'] else ''}"


def lines(report: dict[str, Any]) -> Iterator[str]:
    """The report as text, line by line."""
    if not report:
        yield "No comparison: it has not run beside the active network."
        return
    old, new = (f"{report[who]['name']} {report[who]['version']}" for who in ("active", "candidate"))
    yield f"{new} (candidate) beside {old} (active), by films that both have seen"
    yield f"  Films: {report['seen']} seen by both, {report['answered']} answered by both; no drawn ones"
    yield f"  They differ where: {report['rule']}"
    yield from _table(report["agreement"])
    found = report["disagreements"]
    yield f"  Disagreements: {found['films']}, of which {found['read']} were read blind"
    yield f"    with the candidate: {_said(found['with_candidate'])}"
    yield f"    with the active network: {_said(found['with_active'])}"
    yield f"    reader could not say: {found['cannot_say']} (read, but counted for neither)"
    mixed = report["agreements"]
    yield (
        f"  Agreements mixed in and read blind: {mixed['read']} (reader with both {mixed['both']}, "
        f"against both {mixed['neither']}, could not say {mixed['cannot_say']})"
    )
    for what in ("unsure", "refused"):
        both = report[what]
        yield f"  {what.title()}: active {_said(both['active'])}, candidate {_said(both['candidate'])}"
    times = report["milliseconds"]
    yield f"  Films at which the candidate failed: {report['failed']}"
    yield f"  Median time a film: active {_ms(times['active'])}, candidate {_ms(times['candidate'])}"
    for one in report["clinics"]:
        own = one["disagreements"]
        yield (
            f"  {one['clinic']}: {one['seen']} films, {own['films']} disagreements, {own['read']} read; with "
            f"the candidate {_said(own['with_candidate'])}; unsure: active {_said(one['unsure']['active'])}, "
            f"candidate {_said(one['unsure']['candidate'])}"
        )
    yield "  For research use only. Not a medical device."


def _table(agreement: dict[str, dict[str, int]]) -> Iterator[str]:
    yield "  Films by answer (rows: active, columns: candidate)"
    yield "    " + " " * 14 + "".join(f"{name:>14}" for name in ANSWERS)
    for one in ANSWERS:
        yield f"    {one:<14}" + "".join(f"{agreement[one][other]:>14}" for other in ANSWERS)


def _said(share: dict[str, Any]) -> str:
    if share["value"] is None:
        return "no film yet"
    low, high = share["low"], share["high"]
    return f"{share['count']} of {share['of']} ({share['value']:.0%}, 95 % interval {low:.0%} to {high:.0%})"


def _ms(value: float | None) -> str:
    return "not known" if value is None else f"{value:.0f} ms"

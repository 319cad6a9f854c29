"""Counts what the checks did with a clinic's films, and what people said to it, by month and reason."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth

from accounts.models import Clinic, User
from diagnosis.models import CheckEntry, CheckKind, ModelVersion, Prediction, Scan

_ORDER = {kind.value: place for place, kind in enumerate(CheckKind)}


@dataclass(frozen=True)
class Row:
    """How many of a month's films were met by one reason; `of`: all that the clinic received that month."""

    clinic: Clinic
    month: datetime
    kind: CheckKind
    code: str
    films: int
    of: int

    @property
    def share(self) -> float:
        return self.films / self.of if self.of else 0.0


def codes(quality: Mapping[str, Any], what: str) -> list[str]:
    """The codes of the "corrections" or "cautions" of a classification."""
    return [found["code"] for found in quality.get(what, [])]


def note(
    scan: Scan,
    kind: CheckKind,
    code: str,
    *,
    network: ModelVersion | None = None,
    confidence: float | None = None,
    by: User | None = None,
) -> None:
    """Add a line; nothing for a film drawn by code, which says nothing of the clinic's machines."""
    if scan.is_phantom:
        return
    CheckEntry.objects.create(
        clinic_id=scan.clinic_id,
        scan=scan,
        model_version=network,
        kind=kind,
        code=code[:32],
        confidence=confidence,
        by=by,
    )


def note_analysed(prediction: Prediction) -> None:
    """Add a line for each correction and each warning of an analysis."""
    for kind, name in ((CheckKind.CORRECTED, "corrections"), (CheckKind.CAUTIONED, "cautions")):
        for found in prediction.quality.get(name, []):
            note(
                prediction.scan,
                kind,
                found["code"],
                network=prediction.model_version,
                confidence=found.get("confidence"),
            )


def refused_by(scan: Scan, network: ModelVersion) -> bool:
    """Whether this network refused the film in any of its attempts."""
    return CheckEntry.objects.filter(scan=scan, model_version=network, kind=CheckKind.REFUSED).exists()


def rows(clinics: Iterable[Clinic], *, since: datetime) -> Iterator[Row]:
    """The ledger of the films that these clinics received since then: latest month first, then by clinic.

    A film counts once for each reason, however often it was tried, in the month in which it was received.
    """
    by_id = {clinic.pk: clinic for clinic in clinics}
    films = Scan.objects.filter(clinic__in=by_id, received_at__gte=since, is_phantom=False)
    received = {
        (line["clinic_id"], line["month"]): line["films"]
        for line in _by_month(films, "received_at", "clinic_id", counted="pk")
    }
    entries = CheckEntry.objects.filter(clinic__in=by_id, scan__received_at__gte=since)
    lines = _by_month(entries, "scan__received_at", "clinic_id", "kind", "code", counted="scan")
    found = [
        Row(
            by_id[line["clinic_id"]],
            line["month"],
            CheckKind(line["kind"]),
            line["code"],
            line["films"],
            received.get((line["clinic_id"], line["month"]), 0),
        )
        for line in lines
    ]
    yield from sorted(
        found,
        key=lambda row: (-row.month.timestamp(), row.clinic.name, _ORDER[row.kind], -row.films, row.code),
    )


def _by_month(found: QuerySet[Any], moment: str, *names: str, counted: str) -> Iterable[dict[str, Any]]:
    """In UTC: a database without time zones of its own can tell no other month."""
    month = TruncMonth(moment, tzinfo=UTC)
    grouped = found.order_by().annotate(month=month).values("month", *names)
    return grouped.annotate(films=Count(counted, distinct=True))

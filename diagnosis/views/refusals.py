"""The ledger of refusals: what the checks did with each clinic's films, in figures; no patient's data."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.csv_file import as_download
from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_use_admin
from diagnosis.access import watched_clinics_for
from diagnosis.services import check_words, ledger

SHOWN = timedelta(days=366)
HEAD = ("Clinic", "Month", "What", "Reason", "Code", "Films", "Films received", "Share")


@require_safe
@allowed_if(may_use_admin)
@never_cache
def refusal_ledger(request: SignedIn) -> HttpResponse:
    """The last twelve months, by clinic: an operator sees all of them, an administrator one's own."""
    clinics = list(watched_clinics_for(request.user))
    rows = list(ledger.rows(clinics, since=_since()))
    shown = [(clinic, [row for row in rows if row.clinic == clinic]) for clinic in clinics]
    context = {"clinics": [(clinic, _months(own)) for clinic, own in shown]}
    return render(request, "diagnosis/refusals/ledger.html", context)


@require_safe
@allowed_if(may_use_admin)
@never_cache
def refusal_file(request: SignedIn) -> HttpResponseBase:
    """The same figures as a table for a spreadsheet."""
    return as_download("refusals.csv", _lines(ledger.rows(watched_clinics_for(request.user), since=_since())))


def _since() -> datetime:
    first = (timezone.now() - SHOWN).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first


def _months(rows: list[ledger.Row]) -> list[tuple[datetime, list[tuple[ledger.Row, str]]]]:
    """The rows by month, each with its reason in words."""
    months: dict[datetime, list[tuple[ledger.Row, str]]] = {}
    for row in rows:
        months.setdefault(row.month, []).append((row, check_words.name(row.code)))
    return list(months.items())


def _lines(rows: Iterator[ledger.Row]) -> Iterator[tuple[object, ...]]:
    yield HEAD
    for row in rows:
        yield (
            row.clinic.name,
            f"{row.month:%Y-%m}",
            row.kind.label,
            check_words.name(row.code),
            row.code,
            row.films,
            row.of,
            f"{row.share:.4f}",
        )

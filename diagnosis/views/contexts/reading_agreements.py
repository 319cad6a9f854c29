"""What the page of reading agreements shows: what waits, what counts, what is over."""

from typing import Any

from django.db.models import QuerySet

from accounts.models import Clinic
from diagnosis.models import AgreementState, ReadingAgreement
from diagnosis.models.reading_agreement import today

OVER = 50  # of those that are over, the last ones


def groups(rows: QuerySet[ReadingAgreement], clinic: Clinic) -> dict[str, Any]:
    """The agreements by what can be done with them; one whose last day is past is over."""
    rows = rows.select_related("clinic", "reading_clinic", "asked_by", "decided_by", "ended_by")
    day = today()
    gone = [row for row in rows.filter(is_open=True) if row.last_day and row.last_day < day]
    going = [row for row in rows.filter(is_open=True) if row not in gone]
    asked = [row for row in going if row.state == AgreementState.ASKED]
    agreed = [row for row in going if row.state == AgreementState.AGREED]
    return {
        "asked_of_us": [row for row in asked if row.reading_clinic == clinic],
        "asked_by_us": [row for row in asked if row.clinic == clinic],
        "they_read": [row for row in agreed if row.clinic == clinic],
        "we_read": [row for row in agreed if row.reading_clinic == clinic],
        "over": [*gone, *rows.filter(is_open=None)[:OVER]],
        "today": day,
    }

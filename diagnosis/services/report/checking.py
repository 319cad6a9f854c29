"""Whether a paper was issued here, and whether it still holds: by its code, and nothing about the patient."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from accounts.audit import event_hash
from accounts.models import AuditEvent, AuditHead
from diagnosis.models import Report, ReportState, Study, StudyState
from diagnosis.services import history
from diagnosis.services.report import facts, sameness
from diagnosis.services.report.issuing import GROUP, LETTERS

_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})

Stands = Literal["holds", "replaced", "outdated", "withdrawn"]


@dataclass(frozen=True)
class Verdict:
    """What is known of a document. `proved`: the audit chain tells of it, with this SHA-256.

    `stands`: it holds; another document replaces it; a later word was signed or its patient's details were
    corrected, and no document of that was made; or its study was cancelled.
    """

    code: str
    clinic: str
    kind: str
    issued_at: datetime
    sha256: str
    proved: bool
    event: int
    stands: Stands
    stands_since: datetime | None = None


def spelt(typed: str) -> str:
    """A code as it is kept, from however somebody typed it; "" if it cannot be one."""
    plain = re.sub(r"[\s\-–—.]", "", typed).upper().translate(_READ_AS)
    if len(plain) != 3 * GROUP or set(plain) - set(LETTERS):
        return ""
    return "-".join(plain[start : start + GROUP] for start in range(0, len(plain), GROUP))


def check(code: str) -> Verdict | None:
    """What is known of the document with this code; None if none was issued."""
    rows = Report.objects.select_related("study__patient", "study__clinic", "clinic")
    report = rows.filter(code=spelt(code)).exclude(sha256="").first()
    if report is None or report.made_at is None:
        return None
    event = _event(report)
    stands, since = _stands(report)
    return Verdict(
        code=report.code,
        clinic=report.clinic.name,
        kind=report.kind,
        issued_at=report.made_at,
        sha256=report.sha256,
        proved=event is not None,
        event=event.sequence if event else 0,
        stands=stands,
        stands_since=since,
    )


def issued_as(sha256: str) -> Verdict | None:
    """What is known of the document whose file has this SHA-256; None if no such file was issued here."""
    found = Report.objects.filter(sha256=sha256).first() if sha256 else None
    return check(found.code) if found else None


def _event(report: Report) -> AuditEvent | None:
    """The chain's event of the document, if it is whole, in its place, and tells of the same bytes."""
    told = AuditEvent.objects.filter(action="report.issued", subject=history.subject_of(report))
    for event in told.order_by("-sequence"):
        same = event.facts.get("sha256") == report.sha256 and event.facts.get("document") == report.code
        if same and event_hash(event) == event.hash and _next_hash(event) == event.hash:
            return event
    return None


def _next_hash(event: AuditEvent) -> str:
    """What the chain goes on from behind an event."""
    following = AuditEvent.objects.filter(sequence=event.sequence + 1).first()
    if following is not None:
        return following.previous_hash
    head = AuditHead.objects.filter(pk=1, sequence=event.sequence).first()
    return head.hash if head else ""


def _stands(report: Report) -> tuple[Stands, datetime | None]:
    study: Study = report.study
    later = Report.objects.filter(replaces=report).first()
    if later is not None and later.state == ReportState.READY:
        return "replaced", later.made_at
    if study.state == StudyState.CANCELLED:
        return "withdrawn", study.cancelled_at
    made_from = facts.signed(study)
    if not sameness.is_same(report.says, study, made_from):
        return "outdated", made_from.last_at
    return "holds", None

"""A document of a signed study: one for each word of its doctors, each naming the one that it replaces."""

import secrets
from collections.abc import Callable
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.dateformat import format as date_format

from accounts.audit import Actor, Reader, Stored, actor_name
from diagnosis.imaging.report import to_json
from diagnosis.models import Report, ReportKind, ReportState, Study, StudyState
from diagnosis.services import history, locking, messenger, second_reads, storage, worklist
from diagnosis.services.report import facts, sameness

MADE: Final = (ReportState.WAITING, ReportState.WORKING)  # will be on paper, if it is not yet
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another
GROUPS, GROUP = 3, 4


class NotSigned(Exception):
    """There is no document of this study; the message says why."""


def issue(*, study: Study, actor: Actor, address: Callable[[str], str]) -> Report:
    """The document of what the study's doctors say now; audit `report.asked` where it is a new one.

    The same reviews of the same patient give the document that was made before. `address`: where a code is
    checked. Raises NotSigned.
    """
    with transaction.atomic():
        locking.lock_clinic(study.clinic_id)  # which the new row refers to: first, as everywhere
        worklist.lock(study.pk)
        found = Study.objects.select_related("patient", "clinic").get(pk=study.pk)
        _check_signed(found)
        made_from = facts.signed(found)
        last = Report.objects.filter(study=found).order_by("-id").first()
        if last is not None and sameness.is_same(last.says, found, made_from):
            return last
        report = _new(found, made_from, last, actor, address)
        history.write(report, "report.asked", {"kind": report.kind}, actor=actor, rows=[Stored(report)])
        messenger.send_on_commit(messenger.REPORTS)
    return report


def retry(*, report: Report, actor: Reader) -> bool:
    """Have a file made that failed or is gone; audit `report.retried`. False if nothing was amiss."""
    with transaction.atomic():
        row = Report.objects.select_for_update().get(pk=report.pk)
        gone = row.state == ReportState.READY and not storage.existing(row.file)
        if row.state != ReportState.FAILED and not gone:
            return False
        row.state, row.attempts, row.reason, row.heard_at = ReportState.WAITING, 0, "", None
        row.save(update_fields=["state", "attempts", "reason", "heard_at"])
        history.write(row, "report.retried", actor=actor)
        messenger.send_on_commit(messenger.REPORTS)
    return True


def _check_signed(study: Study) -> None:
    if study.state == StudyState.CANCELLED:
        raise NotSigned("The study is cancelled: no report is issued.")
    if study.state != StudyState.REVIEWED:
        read = f"{study.films_read} of {study.films_counted} films are signed"
        raise NotSigned(f"The study is not signed ({read}): there is only a draft of its report.")
    if second_reads.open_reading(study) is not None:
        raise NotSigned("A second reading is pending: until then there is only a draft of the report.")


def _new(
    study: Study,
    made_from: facts.Signed,
    last: Report | None,
    actor: Actor,
    address: Callable[[str], str],
) -> Report:
    replaces = last is not None and (bool(last.sha256) or last.state in MADE)
    amended = replaces or made_from.amended
    code = _new_code()
    document = facts.document_of(
        study,
        made_from,
        status="AMENDED" if amended else "FINAL",
        code=code,
        address=address(code),
        notices=_notices(study, last if replaces else None, amended=amended),
    )
    return Report.objects.create(
        study=study,
        clinic=study.clinic,
        code=code,
        kind=ReportKind.AMENDED if amended else ReportKind.FINAL,
        reviews=[str(review.public_id) for review in made_from.reviews],
        says=sameness.fingerprint(study, made_from),
        document=to_json(document),
        replaces=last,
        asked_by=actor_name(actor),
    )


def _notices(study: Study, last: Report | None, *, amended: bool) -> list[str]:
    if last is not None:
        with timezone.override(study.clinic.time_zone or None):
            at = date_format(timezone.localtime(last.asked_at), "j M Y, H:i T")
        return [f"AMENDED: this replaces document {last.code} of {at}. Do not use that one any more."]
    return ["AMENDED: a later review replaces an earlier one, which is struck through."] if amended else []


def _new_code() -> str:
    parts = ("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(parts)

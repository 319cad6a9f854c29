"""What follows from a refusal: its line in the ledger, the mail to its sender, and who may object.

A refused film stays where it is: a doctor reads and signs it like any other. A network that becomes active
later is shown it once more, in the background (`sweeper`).
"""

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from accounts import notices
from accounts.audit import Stored
from accounts.models import User
from accounts.permissions import may_submit
from diagnosis.models import CheckEntry, CheckKind, ModelVersion, Scan, ScanStatus, WebhookKind
from diagnosis.services import check_words, history, ledger, webhooks

if TYPE_CHECKING:
    from diagnosis.services.faults import Fault

# What another network may see otherwise; a damaged, blank or tiny picture it would refuse as well.
BY_NETWORK: Final = frozenset(
    [
        "not_a_chest_film",
        "lateral",
        "lungs_cut_off",
        "out_of_distribution",
        "not_a_chest_radiograph",
    ]
)
APPEAL: Final = ("appealed_at", "appealed_by")


def note(scan: Scan, network: ModelVersion | None, fault: "Fault") -> None:
    """Count a refusal, and mail its sender where the clinic wants that: at most once for each film."""
    first = not CheckEntry.objects.filter(scan=scan, kind=CheckKind.REFUSED).exists()
    ledger.note(scan, CheckKind.REFUSED, fault.code, network=network, confidence=fault.confidence)
    if first:
        webhooks.queue(WebhookKind.FILM_REFUSED, study=scan.study, about=str(scan.public_id), why=fault.code)
    if first and scan.clinic.mails_refusals:
        _mail_sender(scan, fault.code)


def _mail_sender(scan: Scan, code: str) -> None:
    """Mail the person who sent a film in the browser; a computer or machine is told where it sent it."""
    line, _, number = scan.sender.partition(":")
    if line != "user":
        return
    sender = User.objects.filter(pk=number, is_active=True, clinic=scan.clinic_id).first()
    if sender is not None:
        notices.tell_of_refused_film(
            sender,
            study=scan.study.public_id,
            received_at=scan.received_at,
            why=check_words.refusal(code),
            advice=check_words.advice(code),
        )


def may_be_appealed(scan: Scan, person: object) -> bool:
    """Whether this person may say that a network refused a frontal chest film."""
    refused = scan.status == ScanStatus.REFUSED and scan.reason_code in BY_NETWORK
    return refused and scan.appealed_at is None and may_submit(person)


def appeal(*, scan: Scan, person: User) -> bool:
    """Keep a refused film for training the next network; audit `scan.appealed`.

    False if it was appealed already, or is not refused any more. Its refusal stands until a network reads it.
    """
    with transaction.atomic():
        found = Scan.objects.filter(
            pk=scan.pk, status=ScanStatus.REFUSED, reason_code__in=BY_NETWORK, appealed_at=None
        )
        if not found.update(appealed_at=timezone.now(), appealed_by=person):
            return False
        ledger.note(scan, CheckKind.APPEALED, scan.reason_code, network=scan.refused_by, by=person)
        facts = {"code": scan.reason_code, "model": str(scan.refused_by or "")}
        history.write(scan, "scan.appealed", facts, actor=person, rows=[Stored(scan, APPEAL)])
    return True

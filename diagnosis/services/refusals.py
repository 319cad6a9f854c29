"""What follows from a refusal: its line in the ledger, the notice to its sender, and who may object.

A refused film stays where it is: a doctor reads and signs it like any other. A network that becomes active
later is shown it once more, in the background (`sweeper`).
"""

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import User
from accounts.models.membership import of_clinic
from accounts.permissions import may_submit
from diagnosis.models import CheckEntry, CheckKind, ModelVersion, NoticeKind, Scan, ScanStatus, WebhookKind
from diagnosis.services import history, ledger, notice, webhooks

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
    """Count a refusal, and tell its sender: at most once for each film."""
    first = not CheckEntry.objects.filter(scan=scan, kind=CheckKind.REFUSED).exists()
    ledger.note(scan, CheckKind.REFUSED, fault.code, network=network, confidence=fault.confidence)
    if first:
        _tell_sender(scan, fault.code)
        webhooks.queue(WebhookKind.FILM_REFUSED, study=scan.study, about=str(scan.public_id), why=fault.code)


def _tell_sender(scan: Scan, code: str) -> None:
    """Tell the person who sent a film in the browser; a computer or machine is told where it sent it."""
    line, _, number = scan.sender.partition(":")
    if line != "user":
        return
    sender = User.objects.filter(of_clinic(scan.clinic_id), pk=number, is_active=True).first()
    if sender is not None:
        about = str(scan.public_id)
        notice.tell(NoticeKind.FILM_REFUSED, study=scan.study, to=[sender], about=about, detail=code)


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

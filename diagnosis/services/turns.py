"""Whose film is analysed next: clinics by turns, inside a clinic its senders by turns, urgent films first.

A message in the broker says that some film waits, not which one; the worker asks here. So a clinic that sends
five hundred films at once delays another clinic's film by one film, not by five hundred.
"""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Max

from accounts.audit import SYSTEM, Actor
from accounts.models import ApiToken, User
from diagnosis.models import QueueTurn, Scan, ScanStatus


@dataclass(frozen=True)
class _Line:
    """Films of one sender that wait, urgent ones apart."""

    clinic: int
    sender: str
    urgent: bool


def sender_of(actor: Actor) -> str:
    """The name of the line in which an actor's films wait: one for each person and each token."""
    if isinstance(actor, ApiToken):
        return f"token:{actor.pk}"
    return f"user:{actor.pk}" if isinstance(actor, User) else (actor or SYSTEM)[:40]


def next_waiting() -> int | None:
    """The number of the scan whose turn it is, or None if none waits.

    1. The clinic that was served longest ago.
    2. If urgent films of it wait, only those.
    3. The sender that was served longest ago.
    4. The film that waits longest.
    """
    waiting = Scan.objects.filter(status=ScanStatus.QUEUED).order_by()
    lines = [_Line(*row) for row in waiting.values_list("clinic_id", "sender", "study__urgent").distinct()]
    if not lines:
        return None
    line = _first(lines)
    of_line = waiting.filter(clinic=line.clinic, sender=line.sender, study__urgent=line.urgent)
    return of_line.order_by("enqueued_at", "pk").values_list("pk", flat=True).first()


def _first(lines: list[_Line]) -> _Line:
    senders: dict[tuple[int, str], int] = {}
    clinics: dict[int, int] = {}
    turns = QueueTurn.objects.filter(clinic__in={line.clinic for line in lines})
    for clinic, sender, turn in turns.values_list("clinic_id", "sender", "turn"):
        senders[clinic, sender] = turn
        clinics[clinic] = max(turn, clinics.get(clinic, 0))
    return min(
        lines,
        key=lambda line: (
            clinics.get(line.clinic, 0),
            line.clinic,
            not line.urgent,
            senders.get((line.clinic, line.sender), 0),
            line.sender,
        ),
    )


def served(scan: Scan) -> None:
    """Note that a worker took this scan: its clinic and sender go to the end of the round.

    Two workers may note the same number; the order between them does not matter.
    """
    latest = QueueTurn.objects.aggregate(Max("turn"))["turn__max"] or 0
    line = QueueTurn.objects.filter(clinic=scan.clinic_id, sender=scan.sender)
    if not line.update(turn=latest + 1):  # the first film of a sender
        QueueTurn.objects.update_or_create(
            clinic_id=scan.clinic_id, sender=scan.sender, defaults={"turn": latest + 1}
        )


def position(scan: Scan) -> int:
    """About how many films are taken before this one; 0 for the next one and for scans that do not wait.

    Every other clinic takes as many turns meanwhile as this clinic has films before this one, and one more.
    """
    if scan.status != ScanStatus.QUEUED:
        return 0
    waiting = Scan.objects.filter(status=ScanStatus.QUEUED).order_by()
    clinics = Counter(waiting.values_list("clinic_id", flat=True))
    earlier = waiting.filter(clinic=scan.clinic_id, enqueued_at__lt=scan.enqueued_at)
    if scan.study.urgent:
        earlier = earlier.filter(study__urgent=True)
    own = earlier.count()
    others = (min(count, own + 1) for clinic, count in clinics.items() if clinic != scan.clinic_id)
    return own + sum(others)

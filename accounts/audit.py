"""The audit chain: append an event, verify them all.

Each event's hash is SHA-256 over the previous event's hash and the canonical JSON of its own row, so that
a changed, deleted or exchanged row shows at its place. Services call `record` inside the transaction of the
change itself: either both are on record or neither.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from accounts.models import ApiToken, AuditEvent, AuditHead, Clinic, User

GENESIS = hashlib.sha256(b"carina audit chain").hexdigest()
SYSTEM = "carina"


@dataclass(frozen=True)
class Fault:
    """Where the chain is broken, and how."""

    sequence: int
    message: str


def _canonical(event: AuditEvent) -> str:
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    row = {
        "sequence": event.sequence,
        "at": at,
        "actor": event.actor,
        "clinic": event.clinic_id,
        "action": event.action,
        "subject": event.subject,
        "study": event.study_id,
        "facts": event.facts,
    }
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _hash(event: AuditEvent) -> str:
    return hashlib.sha256(f"{event.previous_hash}\n{_canonical(event)}".encode()).hexdigest()


def actor_name(actor: User | ApiToken | str | None) -> str:
    """How an actor is written into the record: an e-mail address, `token:<prefix>`, or a program's name."""
    if isinstance(actor, User):
        return actor.email
    if isinstance(actor, ApiToken):
        return f"token:{actor.prefix}"
    return actor or SYSTEM


def record(
    *,
    actor: User | ApiToken | str | None,
    action: str,
    subject: str,
    clinic: Clinic | int | None = None,
    study_id: Any = "",
    facts: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event to the chain, within the caller's transaction if there is one.

    `subject` is a kind and a public id (`study:<uuid>`); `facts` must be JSON values without floats that do
    not survive a round trip and without patient data.
    """
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().get(pk=1)
        event = AuditEvent(
            sequence=head.sequence + 1,
            at=datetime.now(UTC),
            actor=actor_name(actor),
            clinic_id=clinic.pk if isinstance(clinic, Clinic) else clinic,
            action=action,
            subject=subject,
            study_id=str(study_id or ""),
            facts=json.loads(json.dumps(facts or {}, default=str)),
            previous_hash=head.hash,
        )
        event.hash = _hash(event)
        event.save(force_insert=True)
        head.sequence, head.hash = event.sequence, event.hash
        head.save(update_fields=["sequence", "hash"])
    return event


def verify() -> Iterator[Fault]:
    """Walk the whole chain in order and yield every fault found; nothing yielded means it is whole."""
    previous, expected = GENESIS, 1
    for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=2000):
        if event.sequence != expected:
            yield Fault(expected, f"event {expected} is missing (the next one found is {event.sequence})")
        elif event.previous_hash != previous:
            yield Fault(event.sequence, f"event {event.sequence} does not follow from the one before it")
        if _hash(event) != event.hash:
            yield Fault(event.sequence, f"event {event.sequence} was changed after it was written")
        previous, expected = event.hash, event.sequence + 1
    head = AuditHead.objects.get(pk=1)
    if head.sequence != expected - 1:
        yield Fault(expected, f"the chain should end at event {head.sequence} but ends at {expected - 1}")
    elif head.hash != previous:
        yield Fault(head.sequence, "the last event is not the one that the chain's head names")

"""The audit chain: appends events and verifies them.

Each event's hash is SHA-256 over the previous event's hash and the canonical JSON of its own row, so a
changed, deleted or swapped row can be located. Services call `record` inside the transaction of the change:
both are stored or neither.

The chain alone cannot show everything: somebody with write access to the database can rewrite its end, hashes
and head included. So note the head's hash elsewhere from time to time (`verify_audit_trail` prints it) and
pass it to `verify_audit_trail --noted` later.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from accounts.models import ApiToken, AuditEvent, AuditHead, Clinic, User

# A reader is a person or a clinic's computer; an actor is one of these, or a part of the portal by name.
Reader = User | ApiToken
Actor = Reader | str | None

GENESIS = hashlib.sha256(b"carina audit chain").hexdigest()
SYSTEM = "carina"
PAGE = 2000
LARGEST_EXACT_INTEGER = 2**53  # JSON readers, MySQL's among them, may turn larger ones into floats


class ChainBroken(Exception):
    """The chain's head row is missing although events exist: no more can be recorded."""


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


def _text(value: str) -> str:
    """The text without lone surrogates, which MySQL's JSON refuses."""
    return value.encode("utf-8", "replace").decode()


def _storable(value: Any) -> Any:
    """The value in a form that every database returns exactly as stored."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return int(value) if abs(value) <= LARGEST_EXACT_INTEGER else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {_text(str(key)): _storable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable(entry) for entry in value]
    return _text(str(value))


def actor_name(actor: Actor) -> str:
    """The actor's name in the record: an e-mail address, `token:<prefix>`, or a program's name."""
    if isinstance(actor, User):
        return actor.email
    if isinstance(actor, ApiToken):
        return f"token:{actor.prefix}"
    return actor or SYSTEM


def _locked_head() -> AuditHead:
    """The head row, locked until the transaction ends; created if there are no events yet."""
    head = AuditHead.objects.select_for_update().filter(pk=1).first()
    if head is not None:
        return head
    if AuditEvent.objects.exists():
        raise ChainBroken("The audit chain has lost its head row: run manage.py verify_audit_trail.")
    AuditHead.objects.get_or_create(pk=1, defaults={"sequence": 0, "hash": GENESIS})
    return AuditHead.objects.select_for_update().get(pk=1)


def record(
    *,
    actor: Actor,
    action: str,
    subject: str,
    clinic: Clinic | int | None = None,
    study_id: Any = "",
    facts: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event to the chain, in the caller's transaction if there is one, and return it.

    `subject` is a kind and a public id (`study:<uuid>`); `facts` are JSON values without patient data (other
    values are written as text). Call it as the last statement of the change: it locks the chain's head until
    the transaction ends.
    """
    with transaction.atomic():
        head = _locked_head()
        event = AuditEvent(
            pk=head.sequence + 1,
            sequence=head.sequence + 1,
            at=datetime.now(UTC),
            actor=_text(actor_name(actor))[:254],
            clinic_id=clinic.pk if isinstance(clinic, Clinic) else clinic,
            action=action,
            subject=subject,
            study_id=str(study_id or ""),
            facts=_storable(facts or {}),
            previous_hash=head.hash,
        )
        event.hash = _hash(event)
        event.save(force_insert=True)
        head.sequence, head.hash = event.sequence, event.hash
        head.save(update_fields=["sequence", "hash"])
    return event


@dataclass
class _Walk:
    """The verifier's place in the chain: the previous event's number and its hashes, stored and computed."""

    sequence: int = 0
    hashes: set[str] = field(default_factory=lambda: {GENESIS})
    blamed: bool = False

    def step(self, sequence: int, event: AuditEvent | None) -> Iterator[Fault]:
        """Yield the faults of the next event found (None: it cannot be read)."""
        if sequence < 1:
            yield Fault(sequence, f"event {sequence} was never written by the portal")
            return
        follows = sequence == self.sequence + 1
        if not follows:
            yield _missing(self.sequence + 1, sequence - 1)
        own = _rehash(event)
        if event is None or own is None:
            yield Fault(sequence, f"event {sequence} cannot be read: a value in it was changed")
            self.sequence, self.hashes, self.blamed = sequence, set(), True
            return
        good = own == event.hash
        if not good or event.pk != sequence:
            yield Fault(sequence, f"event {sequence} was changed after it was written")
        elif follows and event.previous_hash not in self.hashes and not self.blamed:
            yield Fault(*_unlinked(self.sequence, sequence))
        self.sequence, self.hashes, self.blamed = sequence, {own, event.hash}, not good

    def end(self, head: AuditHead | None) -> Iterator[Fault]:
        """Compare the last event with the chain's head row."""
        if head is None:
            yield Fault(self.sequence, "the chain's head row is missing: the end cannot be checked")
        elif head.sequence > self.sequence:
            yield _missing(self.sequence + 1, head.sequence)
        elif head.sequence < self.sequence:
            yield Fault(
                head.sequence + 1,
                f"event {head.sequence + 1} lies beyond the chain's head: it was added, or the head set back",
            )
        elif head.hash not in self.hashes and not self.blamed:
            message = f"event {self.sequence} is not the one that the chain's head names"
            yield Fault(self.sequence, f"{message}: one of the two was changed")


def _rehash(event: AuditEvent | None) -> str | None:
    try:
        return _hash(event) if event is not None else None
    except (AttributeError, TypeError, ValueError):  # not a valid time, or facts that are not JSON
        return None


def _missing(first: int, last: int) -> Fault:
    if first == last:
        return Fault(first, f"event {first} is missing")
    return Fault(first, f"events {first} to {last} are missing")


def _unlinked(before: int, sequence: int) -> tuple[int, str]:
    """The fault where both events match their own hashes but the second does not follow the first."""
    if before == 0:
        return sequence, f"event {sequence} does not begin the chain: it was replaced"
    return before, f"event {before} was replaced: event {sequence} followed another one"


def _readable(sequence: int) -> AuditEvent | None:
    try:
        return AuditEvent.objects.filter(sequence=sequence).first()
    except Exception:  # a tampered value can make the database driver raise anything
        return None


def _events_after(sequence: int) -> Iterator[tuple[int, AuditEvent | None]]:
    """Every event after a sequence number, in order; None for a row that cannot be read."""
    while True:
        page = AuditEvent.objects.filter(sequence__gt=sequence).order_by("sequence")[:PAGE]
        numbers = list(page.values_list("sequence", flat=True))
        if not numbers:
            return
        try:
            rows: dict[int, AuditEvent | None] = {event.sequence: event for event in page}
        except Exception:  # one bad value spoils the page: read row by row to find it
            rows = {number: _readable(number) for number in numbers}
        for number in numbers:
            yield number, rows.get(number)
        sequence = numbers[-1]


def verify() -> Iterator[Fault]:
    """Walk the whole chain in order and yield every fault; an intact chain yields none.

    The portal can keep writing meanwhile: the head is locked only for the last few events.
    """
    walk = _Walk()
    reached = -1
    for sequence, event in _events_after(reached):
        yield from walk.step(sequence, event)
        reached = sequence
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().filter(pk=1).first()
        rest = list(_events_after(reached))
    for sequence, event in rest:
        yield from walk.step(sequence, event)
    yield from walk.end(head)

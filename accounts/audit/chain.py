"""Appends events to the audit chain, each hashed with the one before."""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from accounts.audit.seals import Stored, Texts, sealed, texts_of
from accounts.models import ApiToken, AuditEvent, AuditHead, Clinic, User

# A reader is a person or a clinic's computer; an actor is one of these, or a part of the portal by name.
Reader = User | ApiToken
Actor = Reader | str | None

GENESIS = hashlib.sha256(b"carina audit chain").hexdigest()
SYSTEM = "carina"
LARGEST_EXACT_INTEGER = 2**53  # JSON readers, MySQL's among them, may turn larger ones into floats


class ChainBroken(Exception):
    """The chain's head row is missing although events exist: no more can be recorded."""


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
    if event.seals is not None:  # events from before there were seals keep their hash
        row["seals"] = event.seals
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def event_hash(event: AuditEvent) -> str:
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


@dataclass(frozen=True)
class Draft:
    """An event that has no place in the chain yet."""

    at: datetime
    actor: str
    clinic_id: int | None
    action: str
    subject: str
    study_id: str
    facts: dict[str, Any]
    stored: Texts = field(default_factory=dict)  # what the event vouches for: seals.texts_of


def draft(
    *,
    actor: Actor,
    action: str,
    subject: str,
    clinic: Clinic | int | None = None,
    study_id: Any = "",
    facts: dict[str, Any] | None = None,
    rows: Iterable[Stored] = (),
) -> Draft:
    """What happened just now, in a form that every database returns exactly as stored."""
    return Draft(
        at=datetime.now(UTC),
        actor=_text(actor_name(actor))[:254],
        clinic_id=clinic.pk if isinstance(clinic, Clinic) else clinic,
        action=action,
        subject=subject,
        study_id=str(study_id or ""),
        facts=_storable(facts or {}),
        stored=texts_of(rows),
    )


def append(drafts: Sequence[Draft]) -> list[AuditEvent]:
    """Append the events to the chain in their order, in the caller's transaction if there is one."""
    with transaction.atomic():
        head = _locked_head()
        events = []
        for entry in drafts:
            values, number = dict(vars(entry)), head.sequence + 1
            seals = sealed(values.pop("stored"), number)
            event = AuditEvent(pk=number, sequence=number, previous_hash=head.hash, seals=seals, **values)
            event.hash = event_hash(event)
            head.sequence, head.hash = event.sequence, event.hash
            events.append(event)
        AuditEvent.objects.bulk_create(events)
        head.save(update_fields=["sequence", "hash"])
    return events


def record(
    *,
    actor: Actor,
    action: str,
    subject: str,
    clinic: Clinic | int | None = None,
    study_id: Any = "",
    facts: dict[str, Any] | None = None,
    rows: Iterable[Stored] = (),
) -> AuditEvent:
    """Append one event to the chain, in the caller's transaction if there is one, and return it.

    `subject` is a kind and a public id (`study:<uuid>`); `facts` are JSON values without patient data (other
    values are written as text). `rows`: what the change stored, for every model with `AUDITED`; without it
    the change looks like one made past the portal. Call it as the last statement of the change: it locks the
    chain's head until the transaction ends. For a look, which changes nothing, see `looks.look`.
    """
    entry = draft(
        actor=actor, action=action, subject=subject, clinic=clinic, study_id=study_id, facts=facts, rows=rows
    )
    return append([entry])[0]

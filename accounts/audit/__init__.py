"""The audit chain: append an event, verify them all.

Each event's hash is SHA-256 over the previous event's hash and the canonical JSON of its own row, so that
a changed, deleted or exchanged row shows at its place. Services call `record` inside the transaction of the
change itself: either both are on record or neither.

What a chain alone cannot show: somebody who may write to the database can rewrite its whole end, hashes and
head included. So note the head's hash elsewhere from time to time (`verify_audit_trail` prints it) and give
it back to `verify_audit_trail --noted`.
"""

from accounts.audit.chain import GENESIS, SYSTEM, Actor, ChainBroken, Reader, actor_name, event_hash, record
from accounts.audit.verification import Fault, verify

__all__ = [
    "GENESIS",
    "SYSTEM",
    "Actor",
    "ChainBroken",
    "Fault",
    "Reader",
    "actor_name",
    "event_hash",
    "record",
    "verify",
]

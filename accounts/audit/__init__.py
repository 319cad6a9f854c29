"""The audit chain: appends events and verifies them.

Each event's hash is SHA-256 over the previous event's hash and the canonical JSON of its own row, so a
changed, deleted or swapped row can be located. Services call `record` inside the transaction of the change:
both are stored or neither. Views call `look` for what somebody sees; it does not wait for the chain.

The chain alone cannot show everything: somebody with write access to the database can rewrite its end, hashes
and head included. So note the head's hash elsewhere from time to time (`verify_audit_trail` prints it) and
pass it to `verify_audit_trail --noted` later.
"""

from accounts.audit.chain import GENESIS, SYSTEM, Actor, ChainBroken, Reader, actor_name, event_hash, record
from accounts.audit.looks import chain_looks, look, waiting_looks
from accounts.audit.verification import Fault, verify

__all__ = [
    "GENESIS",
    "SYSTEM",
    "Actor",
    "ChainBroken",
    "Fault",
    "Reader",
    "actor_name",
    "chain_looks",
    "event_hash",
    "look",
    "record",
    "verify",
    "waiting_looks",
]

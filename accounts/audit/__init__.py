"""The audit chain: appends events, verifies them and the rows they tell of, and anchors its head.

Each event's hash is SHA-256 over the previous event's hash and the canonical JSON of its own row, so a
changed, deleted or swapped row can be located. Services call `record` inside the transaction of the change:
both are stored or neither. Views call `look` for what somebody sees; it does not wait for the chain.

The chain alone cannot show everything: somebody with write access to the database can rewrite its end, hashes
and head included. So its head is anchored outside the database, and what an event says of a row is sealed
with a key that is not in the database either.
"""

from accounts.audit.anchor_check import AnchorComparison
from accounts.audit.anchors import anchor_if_due, overdue
from accounts.audit.chain import GENESIS, SYSTEM, Actor, ChainBroken, Reader, actor_name, event_hash, record
from accounts.audit.deliveries import deliver, is_safe, late
from accounts.audit.looks import chain_looks, look, waiting_looks, waiting_studies
from accounts.audit.rows import RowComparison
from accounts.audit.seals import Stored
from accounts.audit.verification import Fault, verify

__all__ = [
    "GENESIS",
    "SYSTEM",
    "Actor",
    "AnchorComparison",
    "ChainBroken",
    "Fault",
    "Reader",
    "RowComparison",
    "Stored",
    "actor_name",
    "anchor_if_due",
    "chain_looks",
    "deliver",
    "event_hash",
    "is_safe",
    "late",
    "look",
    "overdue",
    "record",
    "verify",
    "waiting_looks",
    "waiting_studies",
]

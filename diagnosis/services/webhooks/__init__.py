"""Tells a clinic's own programs by signed webhook what happened to a study: its kind and id, never a name.

`queueing`: a row for each thing and webhook, in the transaction of the change; `courier`: sends them, later
again where need be; `posting` and `addresses`: how, and where to; `signing`: secrets and signatures;
`managing`: what an administrator does. The row is the truth: a killed courier's message is sent again, under
the same id.
"""

from diagnosis.services.webhooks.courier import deliver_due, forget_old, put_back_stopped
from diagnosis.services.webhooks.managing import (
    AlreadyRenewed,
    BadAddress,
    add,
    choose,
    renew_secret,
    retry,
    send_test,
    switch,
)
from diagnosis.services.webhooks.queueing import earliest_wanting, queue

__all__ = [
    "AlreadyRenewed",
    "BadAddress",
    "add",
    "choose",
    "deliver_due",
    "earliest_wanting",
    "forget_old",
    "put_back_stopped",
    "queue",
    "renew_secret",
    "retry",
    "send_test",
    "switch",
]

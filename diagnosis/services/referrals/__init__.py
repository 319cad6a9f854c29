"""A study's way to a clinic that reads for another: asked for or covered, accepted, read and returned.

Each step has its time on the row and its entry in the record. Functions that take part in somebody else's
transaction return their entries; the caller writes them as its last step.
"""

from diagnosis.services.referrals.covered import close_over, refer_covered
from diagnosis.services.referrals.rows import NotReferred, askers_of, senders_of
from diagnosis.services.referrals.steps import (
    accept,
    agreements_of,
    ask,
    decline,
    of,
    open_referral,
    pass_on,
    signed,
    withdraw,
)

__all__ = [
    "NotReferred",
    "accept",
    "agreements_of",
    "ask",
    "askers_of",
    "close_over",
    "decline",
    "of",
    "open_referral",
    "pass_on",
    "refer_covered",
    "senders_of",
    "signed",
    "withdraw",
]

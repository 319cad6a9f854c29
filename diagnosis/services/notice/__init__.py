"""Tells people about studies, in the portal and by mail, as each chose: each thing once.

`tell` is called in the transaction of what happened. Nothing here names a patient; the mails give a link or a
study's id alone.
"""

from diagnosis.services.notice.choices import ALWAYS_IN_PORTAL, LABELS, Choice, change, choices_of
from diagnosis.services.notice.inbox import MANY, forget_old, mark_read, over, seen, unread
from diagnosis.services.notice.mailing import mail_due
from diagnosis.services.notice.telling import doctors_of, tell, tell_of_all, together, was_told
from diagnosis.services.notice.words import ABNORMAL, ANEW, LATE, NEW, UNHEARD, URGENT, sentence, subject

__all__ = [
    "ABNORMAL",
    "ALWAYS_IN_PORTAL",
    "ANEW",
    "LABELS",
    "LATE",
    "MANY",
    "NEW",
    "UNHEARD",
    "URGENT",
    "Choice",
    "change",
    "choices_of",
    "doctors_of",
    "forget_old",
    "mail_due",
    "mark_read",
    "over",
    "seen",
    "sentence",
    "subject",
    "tell",
    "tell_of_all",
    "together",
    "unread",
    "was_told",
]

"""Signs doctors' words: about one film, or about a study with all its films in one act.

`words`: what is said, and why it may be refused; `checks`: whether it is about what the doctor has seen;
`film` and `study`: the signature; `pending`: the seconds in which it can be taken back.
A review is never changed. A doctor who changes their mind signs another one; all of them stay on record.
"""

from diagnosis.services.review.film import sign_off
from diagnosis.services.review.pending import (
    TASK,
    AlreadyPressed,
    Own,
    TooLate,
    deal_with,
    finalise_due,
    forget_old,
    of_doctor,
    press,
    take_back,
)
from diagnosis.services.review.study import sign_study
from diagnosis.services.review.words import (
    REJECTED,
    AlreadySigned,
    FilmWord,
    ResultChanged,
    ReviewRefused,
    Shown,
    Structured,
    StudyWords,
)

__all__ = [
    "REJECTED",
    "TASK",
    "AlreadyPressed",
    "AlreadySigned",
    "FilmWord",
    "Own",
    "ResultChanged",
    "ReviewRefused",
    "Shown",
    "Structured",
    "StudyWords",
    "TooLate",
    "deal_with",
    "finalise_due",
    "forget_old",
    "of_doctor",
    "press",
    "sign_off",
    "sign_study",
    "take_back",
]

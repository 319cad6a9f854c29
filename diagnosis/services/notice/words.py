"""The words of a notice, the same in the portal and in mails; none of them tells who the patient is."""

from collections.abc import Sequence
from typing import Final

from diagnosis.models import Notice, NoticeKind
from diagnosis.services import check_words

URGENT, ABNORMAL, ANEW = "urgent", "abnormal", "anew"
NEW, LATE, UNHEARD = "new", "late", "unheard"

_ONE: Final = {
    NoticeKind.URGENT_WAITING: "An urgent study waits to be read",
    NoticeKind.OVERDUE: "A study is overdue",
    NoticeKind.FILM_REFUSED: "A film that you sent was refused",
    NoticeKind.QUESTION: "You are asked about a study",
    NoticeKind.ANSWER: "A question to the clinic of a study has an answer",
    NoticeKind.REFERRAL: "A study is asked to be read",
    NoticeKind.READING_SIGNED: "A study that you sent is signed",
    NoticeKind.CRITICAL_WAITING: "A critical result is not acknowledged",
}
_MANY: Final = {
    NoticeKind.URGENT_WAITING: "{} urgent studies wait to be read",
    NoticeKind.OVERDUE: "{} studies are overdue",
    NoticeKind.FILM_REFUSED: "{} films that you sent were refused",
    NoticeKind.QUESTION: "You are asked about {} studies",
    NoticeKind.ANSWER: "{} questions to clinics have an answer",
    NoticeKind.READING_SIGNED: "{} studies that you sent are signed",
    NoticeKind.CRITICAL_WAITING: "{} critical results are not acknowledged",
}
# of one study, and of several
_REFERRAL: Final = {
    "asked": ("A study is asked to be read here", "{} studies are asked to be read here"),
    "accepted": (
        "Another clinic accepted to read a study of yours",
        "Other clinics accepted to read {} studies of yours",
    ),
    "declined": (
        "Another clinic declined to read a study of yours",
        "Other clinics declined to read {} studies of yours",
    ),
    "passed_on": (
        "A study of yours was passed on to a third clinic",
        "{} studies of yours were passed on to a third clinic",
    ),
    "ended": (
        "An agreement is over: nobody else reads a study of yours any more",
        "An agreement is over: nobody else reads {} studies of yours any more",
    ),
    "over": (
        "A study is read by nobody elsewhere any more: it was cancelled, joined or has no film",
        "{} studies are read by nobody elsewhere any more",
    ),
    "withdrawn": ("A study need not be read here any more", "{} studies need not be read here any more"),
}
_SIGNED_CRITICAL: Final = ("A critical result was signed", "{} critical results were signed")


def sentence(kind: str, detail: str = "") -> str:
    """What happened, without a full stop."""
    if kind == NoticeKind.REFERRAL:
        return _REFERRAL[detail][0] if detail in _REFERRAL else _ONE[NoticeKind.REFERRAL]
    if kind == NoticeKind.CRITICAL_WAITING and detail == NEW:
        return _SIGNED_CRITICAL[0]
    if kind == NoticeKind.CRITICAL_WAITING and detail == UNHEARD:
        return "A critical result that was read here is acknowledged by nobody"
    if kind == NoticeKind.FILM_REFUSED and detail:
        return f"{_ONE[NoticeKind.FILM_REFUSED]}: {check_words.refusal(detail)}"
    if kind == NoticeKind.READING_SIGNED and ANEW in detail.split():
        return "A study that you sent is signed anew"
    return _ONE[NoticeKind(kind)]


def mailed(kind: str, detail: str = "") -> str:
    """The same for a mail, which never tells what a doctor found."""
    if kind == NoticeKind.READING_SIGNED and URGENT in detail.split():
        return sentence(kind, detail).replace("A study", "An urgent study")
    if kind == NoticeKind.OVERDUE:
        return "A study has waited for a doctor longer than the clinic allows"
    return sentence(kind, detail)


def advice(kind: str, detail: str = "") -> str:
    """What to do about it, where that is not plain; else ""."""
    if kind == NoticeKind.FILM_REFUSED:
        kept = "The film is kept as it came, and a doctor can read and sign it without the network."
        return f"{check_words.advice(detail)} {kept}".strip()
    if kind == NoticeKind.READING_SIGNED and detail:
        return "Open it at once."
    if kind == NoticeKind.CRITICAL_WAITING and detail == UNHEARD:
        return "Everybody there was told. Call the clinic, or whoever treats the patient."
    if kind == NoticeKind.CRITICAL_WAITING:
        return "See to it that who treats the patient knows, and say on the study’s page who does."
    return ""


def subject(notices: Sequence[Notice]) -> str:
    """The subject of one mail about all of these."""
    kinds, details = {notice.kind for notice in notices}, {notice.detail for notice in notices}
    if len(notices) == 1:
        [notice] = notices
        plain = notice.kind != NoticeKind.FILM_REFUSED
        return mailed(notice.kind, notice.detail) if plain else _ONE[NoticeKind.FILM_REFUSED]
    if words := _of_many(kinds, details):
        return words.format(len(notices))
    return f"{len(notices)} notices about studies"


def _of_many(kinds: set[str], details: set[str]) -> str:
    """What several notices have in common; "" where that is nothing."""
    if len(kinds) > 1:
        return ""
    [kind] = kinds
    if kind == NoticeKind.REFERRAL:
        [detail] = details if len(details) == 1 else [""]
        return _REFERRAL[detail][1] if detail in _REFERRAL else ""
    if kind == NoticeKind.CRITICAL_WAITING and NEW in details:
        return _SIGNED_CRITICAL[1] if details == {NEW} else ""
    return _MANY[NoticeKind(kind)]
